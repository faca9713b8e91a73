using System.Text;

namespace Dynode.UnitTests.Protocols.Redis;

/// <summary>What a RESP3 reply means, apart from how it is written: a set's and a map's order, and attributes, are of no meaning.</summary>
/// <param name="Marker">Of an aggregate; else 0.</param>
/// <param name="Bytes">Of what is no aggregate.</param>
/// <param name="Elements">Of an aggregate; of a map keys and values by turns.</param>
internal sealed record ReplyTree(char Marker, byte[] Bytes, IReadOnlyList<ReplyTree> Elements)
{
    public static ReplyTree Random(Random random, int depth)
    {
        if (depth == 4 || random.Next(3) == 0)
        {
            string leaf = random.Next(7) switch
            {
                0 => "_\r\n",
                1 => "#t\r\n",
                2 => $",{random.Next(9)}.5\r\n",
                3 => "$6\r\n\n~1\r\n|\r\n",
                4 => "!3\r\nERR\r\n",
                _ => $":{random.Next(1_000)}\r\n",
            };
            return new('\0', Encoding.ASCII.GetBytes(leaf), []);
        }

        char marker = "*~%"[random.Next(3)];
        int count = random.Next(5) * (marker == '%' ? 2 : 1);
        return new(marker, [], [.. Enumerable.Range(0, count).Select(_ => Random(random, depth + 1))]);
    }

    /// <summary>One of the ways in which it may be written.</summary>
    public byte[] Write(Random random)
    {
        byte[] attribute = random.Next(8) == 0 ? [.. "|1\r\n"u8, .. RandomReplies.One(random), .. RandomReplies.One(random)] : [];
        if (Marker == '\0') return [.. attribute, .. Bytes];
        var parts = Elements.Select(element => element.Write(random)).ToArray();
        if (Marker == '%') parts = [.. parts.Chunk(2).Select(pair => (byte[])[.. pair[0], .. pair[1]])];
        byte[] header = Encoding.ASCII.GetBytes($"{Marker}{parts.Length}\r\n");
        if (Marker != '*') random.Shuffle(parts);
        return [.. attribute, .. header, .. parts.SelectMany(part => part)];
    }

    /// <summary>Another one, that differs in one place.</summary>
    public ReplyTree WithOneChanged(Random random)
    {
        if (Elements.Count == 0) return new('\0', Encoding.ASCII.GetBytes($"+changed {random.Next()}\r\n"), []);
        var elements = Elements.ToArray();
        int at = random.Next(elements.Length);
        elements[at] = elements[at].WithOneChanged(random);
        return this with { Elements = elements };
    }
}
