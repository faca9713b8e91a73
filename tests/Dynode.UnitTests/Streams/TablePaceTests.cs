using Dynode.Log;
using Dynode.Streams;
using Dynode.TestKit.Streams;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Streams;

/// <summary>Who has no table finds one near the end, however many publish.</summary>
public sealed class TablePaceTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(64)]
    public void A_table_comes_at_least_in_each_1024_entries(int lanes)
    {
        var pool = new PagePool(512 << 20);
        var stream = new StreamInMemory(ParcelMaking.Stream, new FakeTimeProvider()) { Faults = OrderReaderTests.Quiet() };
        var all = Enumerable.Range(0, lanes).Select(i =>
        {
            var log = stream.Log(pool);
            var reader = new OrderReader(log, ParcelMaking.Protocol, heardBytesMax: 4 << 20);
            reader.BeginNewest();
            log.Start(() => { });
            return (Log: log, Reader: reader, Publisher: new LanePublisher(reader, log, ParcelMaking.Protocol, pool, MemoryShare.Backlog, TimeProvider.System, new Random(i)));
        }).ToList();
        var parcel = new PageChain();
        var writer = new ParcelWriter(pool, MemoryShare.Backlog);
        for (int round = 0; stream.State.Last < 6_000; round++)
        {
            foreach (var (_, reader, publisher) in all)
            {
                reader.Step(round * 1_000);
                while (reader.TryTake(out var taken))
                    taken.Parcel.Release();
                publisher.Step(round * 1_000);
                while (publisher.CanPublish)
                {
                    Assert.True(writer.TryBegin(parcel, 0));
                    writer.End();
                    publisher.Publish(parcel);
                }
            }

            for (int i = 0; i < 12; i++)
                stream.Happen();
        }

        List<ulong> tables = [0];
        var parcels = new ParcelReader(ParcelMaking.Stream, ParcelMaking.Protocol);
        foreach (var (number, _, bytes) in stream.Entries)
        {
            var chain = ParcelMaking.Chain(pool, bytes);
            parcels.Read(chain, out var head);
            if (head.HasTable)
                tables.Add(number);
            chain.Release();
        }

        tables.Add(stream.State.Last);
        Assert.True(tables.Count > 6);
        Assert.All(tables.Zip(tables.Skip(1), (one, next) => next - one), distance => Assert.InRange(distance, 0ul, 1_024ul));
        foreach (var (log, reader, publisher) in all)
        {
            publisher.Dispose();
            reader.Dispose();
            log.Dispose();
        }

        Assert.Empty(pool.DescribeOutstanding());
    }
}
