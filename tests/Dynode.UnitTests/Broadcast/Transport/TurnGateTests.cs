using Dynode.Broadcast.Transport;

namespace Dynode.UnitTests.Broadcast.Transport;

public sealed class TurnGateTests
{
    [Fact]
    public void Who_finds_it_taken_makes_the_runner_go_round_again()
    {
        var gate = default(TurnGate);
        Assert.True(gate.TryEnter());
        Assert.False(gate.TryEnter());
        Assert.False(gate.TryEnter());
        Assert.False(gate.TryLeave());
        Assert.True(gate.TryLeave());
        Assert.True(gate.TryEnter());
    }

    [Fact]
    public void Turns_never_overlap_and_no_event_is_lost()
    {
        const int ThreadCount = 4;
        const int EventsEach = 200_000;
        var shared = new Shared();
        var threads = Enumerable.Range(0, ThreadCount).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < EventsEach; i++)
                shared.Event();
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.Equal(0, shared.Overlaps);
        Assert.Equal(ThreadCount * EventsEach, shared.Seen);
    }

    private sealed class Shared
    {
        private TurnGate _gate;
        private int _pending;
        private int _inside;

        public int Overlaps { get; private set; }

        public long Seen { get; private set; }

        public void Event()
        {
            Interlocked.Increment(ref _pending);
            if (!_gate.TryEnter())
                return;
            do
            {
                if (Interlocked.Increment(ref _inside) != 1)
                    Overlaps++;
                Seen += Interlocked.Exchange(ref _pending, 0);
                Interlocked.Decrement(ref _inside);
            }
            while (!_gate.TryLeave());
        }
    }
}
