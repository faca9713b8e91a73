using Dynode.Log;
using Dynode.Streams;

namespace Dynode.UnitTests.Streams;

/// <summary>Parcels for tests, and what is in them.</summary>
internal static class ParcelMaking
{
    public const byte Protocol = 7;

    public static readonly StreamIdentity Stream = new("orders", 1_700_000_000_000_000_000);

    public static PageChain Make(
        PagePool pool,
        ulong lane,
        ulong number,
        IReadOnlyList<(byte[] Bytes, uint Tag, uint Database)>? requests = null,
        Lanes? table = null,
        bool isClosing = false,
        StreamIdentity? identity = null,
        ParcelLayout? layout = null)
    {
        var parcel = new PageChain();
        var writer = layout is { } other ? new ParcelWriter(pool, MemoryShare.Backlog, other) : new ParcelWriter(pool, MemoryShare.Backlog);
        Assert.True(writer.TryBegin(parcel, table: table));
        foreach (var (bytes, tag, database) in requests ?? [])
        {
            Assert.True(writer.TryAdd(bytes.Length, tag, database));
            Assert.True(writer.TryWrite(bytes.AsSpan(0, bytes.Length / 3)));
            Assert.True(writer.TryWrite(bytes.AsSpan(bytes.Length / 3)));
        }

        writer.End();
        new ParcelSeal(identity ?? Stream, Protocol).Put(parcel, lane, number, time: 1_234, isClosing);
        return parcel;
    }

    public static byte[] Bytes(this PageChain parcel)
    {
        List<byte> all = [];
        Page? page = null;
        while (parcel.TryNext(ref page, out var bytes))
            all.AddRange(bytes.Span);
        Assert.Equal(parcel.Length, all.Count);
        return [.. all];
    }

    /// <summary>As it comes from the engine: in large pages, each full before the next.</summary>
    public static PageChain Chain(PagePool pool, ReadOnlySpan<byte> bytes)
    {
        var chain = new PageChain();
        do
        {
            Assert.True(pool.TryRentFor(bytes.Length, MemoryShare.Requests, out var page));
            chain.Add(page);
            bytes = bytes[chain.Write(bytes)..];
        }
        while (!bytes.IsEmpty);
        return chain;
    }

    public static List<(byte[] Bytes, uint Tag, uint Database)> Requests(in ParcelHead head, PageChain parcel)
    {
        List<(byte[], uint, uint)> requests = [];
        int place = 0;
        while (head.TryNext(parcel, ref place, out var entry))
        {
            byte[] bytes = entry.IsLong ? parcel.Bytes()[^entry.Length..] : entry.Bytes.ToArray();
            requests.Add((bytes, entry.Tag, entry.Database));
        }

        Assert.False(head.TryNext(parcel, ref place, out _));
        return requests;
    }
}
