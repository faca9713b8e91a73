namespace Dynode.Scenarios.Memcached;

/// <summary>Requests as a hostile or broken client would send them.</summary>
internal static class DamagedText
{
    /// <summary>Up to three damages: bytes lost, doubled, changed, or put in between.</summary>
    /// <param name="random">Decides.</param>
    /// <param name="line">A request line that may be put in, its block wanting.</param>
    /// <param name="stream">One character a byte.</param>
    public static string Of(Random random, string line, string stream)
    {
        for (int i = random.Next(4); i > 0 && stream.Length > 0; i--)
        {
            int at = random.Next(stream.Length);
            int length = Math.Min(random.Next(1, 6), stream.Length - at);
            stream = random.Next(4) switch
            {
                0 => stream.Remove(at, length),
                1 => stream.Insert(at, stream.Substring(at, length)),
                2 => stream[..at] + (char)random.Next(256) + stream[(at + 1)..],
                _ => stream.Insert(at, Pick(random, " ", "\r", "\n", "\r\n", " noreply", " q", "\0", "\t", "5", "-", " 0", line)),
            };
        }

        return stream;
    }

    /// <summary>One of them.</summary>
    public static string Pick(Random random, params string[] of) => of[random.Next(of.Length)];
}
