using Dynode.Broadcast.Framed.Placement;
using Dynode.Streams;
using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Framed.Placement;

public sealed class EntryHashesTests
{
    /// <summary>Against remembering all: what is said to be another entry is one, and of the newest all are known.</summary>
    [Fact]
    public void Another_entry_in_the_place_of_one_is_told_and_none_is_that_is_the_same_or_not_known() => Seed.Run(random =>
    {
        const int entries = 40_000;
        var hashes = new EntryHashes();
        ulong[] all = new ulong[entries + 1];
        for (int number = 1; number <= entries; number++)
        {
            // Of some nothing is known.
            if (random.Next(8) == 0)
            {
                hashes.Note((ulong)number, 0);
                continue;
            }

            all[number] = (ulong)random.NextInt64(1, long.MaxValue);
            hashes.Note((ulong)number, all[number]);
        }

        Assert.False(hashes.IsOther(TableOf(0, 0)));
        Assert.False(hashes.IsOther([1, 2, 3]));
        Assert.False(hashes.IsOther(TableOf(entries + 1, 7)));
        Assert.False(hashes.IsOther(TableOf(entries, 0)));
        int told = 0;
        for (int i = 0; i < 2_000; i++)
        {
            int number = random.Next(1, entries + 1);
            Assert.False(hashes.IsOther(TableOf((ulong)number, all[number])));
            bool isTold = hashes.IsOther(TableOf((ulong)number, all[number] + 1));
            Assert.True(!isTold || all[number] != 0);
            Assert.True(isTold || all[number] == 0 || number <= entries - 16_384);
            told += isTold ? 1 : 0;
        }

        Assert.True(told > 0, "none was told: this proves nothing");
    });

    private static byte[] TableOf(ulong number, ulong hash)
    {
        byte[] table = new byte[new Lanes().Bytes];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(table, number);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(table.AsSpan(8), hash);
        return table;
    }
}
