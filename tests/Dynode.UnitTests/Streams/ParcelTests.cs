using Dynode.Log;
using Dynode.Streams;
using Dynode.TestKit;

namespace Dynode.UnitTests.Streams;

/// <summary>The format: what was written is read, and nothing else is.</summary>
public sealed class ParcelTests : IDisposable
{
    private readonly PagePool _pool = new(8 << 20);
    private readonly ParcelReader _reader = new(ParcelMaking.Stream, ParcelMaking.Protocol);

    public void Dispose()
    {
        Assert.Empty(_pool.DescribeOutstanding());
        Assert.Equal(0, _pool.Snapshot().OutstandingBytes);
    }

    [Fact]
    public void What_was_written_is_read() => Seed.Run(random =>
    {
        for (int run = 0; run < 300; run++)
        {
            var requests = Enumerable.Range(0, random.Next(20))
                .Select(_ => (Bytes: random.Bytes(random.Next(random.Next(2_000) + 1)), Tag: (uint)random.Next(), Database: (uint)random.Next()))
                .ToList();
            ulong lane = (ulong)random.NextInt64();
            ulong number = (ulong)random.NextInt64();
            var table = random.Next(2) == 0 ? LanesOf(random.Next(Lanes.LanesMax + 1)) : null;
            bool isClosing = random.Next(2) == 0;
            var written = ParcelMaking.Make(_pool, lane, number, requests, table, isClosing);
            var parcel = ParcelMaking.Chain(_pool, written.Bytes());

            Assert.Equal(ParcelStatus.Whole, _reader.Read(parcel, out var head));
            Assert.Equal((lane, number, 1_234, isClosing, requests.Count), (head.Lane, head.Number, head.Time, head.IsClosing, head.Count));
            Assert.Equal((ParcelVersions.Newest, ParcelMaking.Protocol), (head.Version, head.Protocol));
            Assert.Equal(requests, ParcelMaking.Requests(head, parcel), (a, b) => a.Bytes.AsSpan().SequenceEqual(b.Bytes) && a.Tag == b.Tag && a.Database == b.Database);
            Assert.Equal(table is not null, head.HasTable);
            if (table is not null)
            {
                var read = new Lanes();
                Assert.True(read.TryRead(head.Table(parcel)));
                Assert.Equal(table.Number, head.AsOf);
                Assert.Equal(TableOf(table), TableOf(read));
            }

            written.Release();
            parcel.Release();
        }
    });

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(100_000)]
    [InlineData(700_000)]
    public void A_request_as_tooLongas_a_page_has_room_lies_in_one_and_a_longer_one_goes_alone_in_several(int beyond)
    {
        byte[] request = new Random(beyond).Bytes(ParcelWriter.BytesMax(1) + beyond);
        var written = ParcelMaking.Make(_pool, 1, 2, [(request, 3, 4)]);
        var parcel = ParcelMaking.Chain(_pool, written.Bytes());
        written.Release();

        Assert.Equal(ParcelStatus.Whole, _reader.Read(parcel, out var head));
        int place = 0;
        Assert.True(head.TryNext(parcel, ref place, out var entry));
        Assert.Equal((request.Length, 3u, 4u, beyond > 0), (entry.Length, entry.Tag, entry.Database, entry.IsLong));
        Assert.False(head.TryNext(parcel, ref place, out _));
        Assert.Equal(ParcelWriter.AroundOne + request.Length, parcel.Length);
        head.LeaveRequest(parcel);
        Assert.Equal(request, parcel.Bytes());
        parcel.Release();
    }

    [Fact]
    public void What_does_not_fit_behind_others_goes_into_the_next_parcel()
    {
        var parcel = new PageChain();
        var writer = new ParcelWriter(_pool, MemoryShare.Backlog);
        Assert.True(writer.TryBegin(parcel));
        Assert.True(writer.TryAdd(10, 0, 0));
        Assert.Throws<InvalidOperationException>(() => writer.TryAdd(1, 0, 0));
        Assert.Throws<InvalidOperationException>(writer.End);
        Assert.Throws<ArgumentException>(() => writer.TryWrite(new byte[11]));
        Assert.True(writer.TryWrite(new byte[10]));
        int left = ParcelWriter.BytesMax(2) - 10;
        Assert.False(writer.TryAdd(left + 1, 0, 0));
        Assert.True(writer.TryAdd(left, 0, 0));
        Assert.True(writer.TryWrite(new byte[left]));
        Assert.False(writer.TryAdd(0, 0, 0));
        writer.End();
        Assert.Equal(2, writer.Count);
        Assert.Equal(PageChain.PageBytesMax, parcel.Length);
        parcel.Release();
    }

    [Fact]
    public void Nothing_goes_behind_a_tooLongrequest_though_its_last_page_has_room()
    {
        var parcel = new PageChain();
        var writer = new ParcelWriter(_pool, MemoryShare.Backlog);
        Assert.True(writer.TryBegin(parcel, bytes: 100));
        Assert.True(writer.TryAdd(1_000, 0, 0));
        Assert.True(writer.TryWrite(new byte[1_000]));
        Assert.False(writer.TryAdd(1, 0, 0));
        writer.End();
        parcel.Release();
    }

    [Fact]
    public void Where_memory_is_spent_there_is_no_parcel()
    {
        var pool = new PagePool(PagePool.BytesMaxLeast);
        var parcel = new PageChain();
        var writer = new ParcelWriter(pool, MemoryShare.Requests);
        Assert.True(writer.TryBegin(parcel));
        int tooLong = (int)pool.ShareBytesMax(MemoryShare.Requests);
        Assert.True(writer.TryAdd(tooLong, 0, 0));
        Assert.False(writer.TryWrite(new byte[tooLong]));
        Assert.False(writer.TryBegin(new PageChain()));
        parcel.Release();
        Assert.True(writer.TryBegin(parcel));
        parcel.Release();
        Assert.Equal(0, pool.Snapshot().OutstandingBytes);
    }

    [Fact]
    public void One_of_another_stream_is_damaged_here()
    {
        var parcel = ParcelMaking.Make(_pool, 1, 1, identity: new StreamIdentity(ParcelMaking.Stream.Name, 1));
        Assert.Equal(ParcelStatus.Damaged, _reader.Read(parcel, out _));
        Assert.Equal(ParcelStatus.Damaged, new ParcelReader(new StreamIdentity("others", 1), ParcelMaking.Protocol).Read(parcel, out _));
        parcel.Release();
    }

    [Fact]
    public void One_of_another_protocol_is_foreign()
    {
        var parcel = ParcelMaking.Make(_pool, 1, 1);
        Assert.Equal(ParcelStatus.Foreign, new ParcelReader(ParcelMaking.Stream, 8).Read(parcel, out var head));
        Assert.Equal(ParcelMaking.Protocol, head.Protocol);
        parcel.Release();
    }

    [Fact]
    public void Nothing_is_allocated_for_a_parcel()
    {
        var writer = new ParcelWriter(_pool, MemoryShare.Backlog);
        var seal = new ParcelSeal(ParcelMaking.Stream, ParcelMaking.Protocol);
        var parcel = new PageChain();
        var table = LanesOf(5);
        byte[] request = new byte[100];
        int i = 0;
        Assert.Equal(0, Allocations.Least(() =>
        {
            i++;
            bool isThere = writer.TryBegin(parcel, 2_000, i % 2 == 0 ? table : null);
            for (int k = 0; isThere && k < 16; k++)
                isThere = writer.TryAdd(request.Length, 1, 2) && writer.TryWrite(request);
            writer.End();
            seal.Put(parcel, 5, (ulong)i, 0);
            var status = _reader.Read(parcel, out var head);
            int place = 0;
            int count = 0;
            while (head.TryNext(parcel, ref place, out _))
                count++;
            if (!isThere || status != ParcelStatus.Whole || count != 16)
                Assert.Fail($"{isThere} {status} {count}");
            parcel.Release();
        }));
    }

    internal static byte[] TableOf(Lanes lanes)
    {
        byte[] table = new byte[lanes.Bytes];
        lanes.Write(table);
        return table;
    }

    private static Lanes LanesOf(int count)
    {
        var lanes = new Lanes();
        for (int i = 1; i <= count; i++)
            lanes.Judge((ulong)i, i, new ParcelHead { Lane = (ulong)i * 77, Number = 1, TableBytes = 1, Hash = (ulong)i });
        return lanes;
    }
}
