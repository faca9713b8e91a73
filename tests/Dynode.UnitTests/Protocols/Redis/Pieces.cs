namespace Dynode.UnitTests.Protocols.Redis;

/// <summary>Random cuts and random damage.</summary>
internal static class Pieces
{
    // What means something somewhere in the protocol.
    private static readonly byte[] Telling = "*$+-:_,#(!=%~>|\r\n\0 \t\v\"'\\x0123456789aPING\xff"u8.ToArray();

    public static List<ReadOnlyMemory<byte>> Cut(Random random, ReadOnlyMemory<byte> bytes)
    {
        List<ReadOnlyMemory<byte>> pieces = [];
        int longest = random.Next(4) switch { 0 => 1, 1 => 5, 2 => 40, _ => 2_000 };
        while (!bytes.IsEmpty)
        {
            int length = Math.Min(bytes.Length, random.Next(longest + 1));
            pieces.Add(bytes[..length]);
            bytes = bytes[length..];
        }

        return pieces;
    }

    /// <summary>The same with one to four faults in it.</summary>
    public static byte[] Damage(Random random, byte[] bytes)
    {
        var damaged = bytes.ToList();
        for (int i = random.Next(1, 5); i > 0 && damaged.Count > 0; i--)
        {
            int at = random.Next(damaged.Count);
            int length = Math.Min(damaged.Count - at, random.Next(1, 8));
            switch (random.Next(6))
            {
                case 0: damaged[at] = Telling[random.Next(Telling.Length)]; break;
                case 1: damaged.Insert(at, Telling[random.Next(Telling.Length)]); break;
                case 2: damaged.RemoveRange(at, length); break;
                case 3: damaged.InsertRange(at, damaged.GetRange(at, length)); break;
                case 4: damaged.RemoveRange(at, damaged.Count - at); break;
                default: damaged.InsertRange(at, Enumerable.Repeat(damaged[at], random.Next(1, 40))); break;
            }
        }

        return [.. damaged];
    }
}
