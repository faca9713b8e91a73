using Dynode.Log;
using Dynode.Streams;

namespace Dynode.UnitTests.Streams;

/// <summary>A parcel costs no garbage, from the request to its coming by.</summary>
public sealed class OrderAllocationTests
{
    [Fact]
    public void Nothing_is_allocated_from_publishing_a_parcel_to_taking_it()
    {
        var pool = new PagePool(16 << 20);
        var log = new Echo(pool);
        using var reader = new OrderReader(log, ParcelMaking.Protocol);
        using var publisher = new LanePublisher(reader, log, ParcelMaking.Protocol, pool, MemoryShare.Backlog, TimeProvider.System, new Random(1));
        var writer = new ParcelWriter(pool, MemoryShare.Backlog);
        var parcel = new PageChain();
        byte[] request = new byte[64];
        reader.BeginNewest();
        log.Here();
        long before = 0;
        long taken = 0;
        for (int turn = 0; turn < 3_000; turn++)
        {
            if (turn == 1_000)
                before = GC.GetAllocatedBytesForCurrentThread();
            reader.Step(turn * 1_000);
            while (reader.TryTake(out var came))
            {
                taken += came.Head.Count;
                came.Parcel.Release();
            }

            publisher.Step(turn * 1_000);
            while (publisher.CanPublish)
            {
                bool isWritten = writer.TryBegin(parcel, 4 * 76);
                for (int i = 0; i < 4; i++)
                    isWritten = isWritten && writer.TryAdd(request.Length, 1, 0) && writer.TryWrite(request);
                if (!isWritten)
                    Assert.Fail("no room");
                writer.End();
                publisher.Publish(parcel);
            }
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.InRange(taken, 90_000, 96_000);
        Assert.Equal(0, publisher.SentAgain);
    }

    /// <summary>What is published is heard at once; chains are used again.</summary>
    private sealed class Echo(PagePool pool) : IOrderedLog
    {
        private readonly Queue<StreamWord> _words = new(64);
        private readonly PageChain[] _chains = [.. Enumerable.Range(0, 64).Select(_ => new PageChain())];
        private ulong _last;

        public void Here() => _words.Enqueue(new StreamWord(StreamWordKind.Here, State: new StreamState(ParcelMaking.Stream, 1, 0, 1 << 20, 100, "")));

        public void Start(Action wake)
        {
        }

        public bool TryTake(out StreamWord word) => _words.TryDequeue(out word);

        public void Publish(ulong lane, PageChain parcel)
        {
            var chain = _chains[(int)(_last % 64)];
            Page? page = null;
            while (parcel.TryNext(ref page, out var bytes))
            {
                if (!pool.TryRentFor(bytes.Length, MemoryShare.Requests, out var copy))
                    throw new InvalidOperationException("Memory is spent.");
                chain.Add(copy);
                chain.Write(bytes.Span);
            }

            _words.Enqueue(new StreamWord(StreamWordKind.Heard, ++_last, 1_000, chain));
        }

        public void Listen()
        {
        }

        public void Deafen()
        {
        }

        public void Pull(ulong from, int bytesMax, int reader = 0) => _words.Enqueue(new StreamWord(StreamWordKind.PullEnded));

        public void Look()
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
