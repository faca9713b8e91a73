using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Transport;

namespace Dynode.UnitTests.Broadcast.Transport;

public sealed class ReadyQueueTests
{
    private const int Pushers = 4;
    private const int ItemsEach = 500;
    private const int Rounds = 40;

    [Fact]
    public void Who_is_pushed_twice_before_a_turn_is_taken_once_in_its_first_place()
    {
        var queue = new ReadyQueue<ISequenced>();
        Item[] items = [new(0, 0), new(0, 1), new(0, 2)];
        Assert.True(queue.IsEmpty);
        foreach (int i in (int[])[0, 1, 0, 2, 1])
            queue.Push(items[i]);
        Assert.False(queue.IsEmpty);
        Assert.Equal(items, Take(queue));
        Assert.True(queue.IsEmpty);
        Assert.Null(queue.TakeAll());
    }

    [Fact]
    public void Who_is_pushed_after_it_was_taken_comes_again_and_who_is_not_taken_yet_does_not()
    {
        var queue = new ReadyQueue<ISequenced>();
        Item first = new(0, 0);
        Item second = new(0, 1);
        queue.Push(first);
        queue.Push(second);
        var taken = queue.TakeAll();
        Assert.Same(first, taken);
        var behind = ReadyQueue<ISequenced>.TakeNext(taken!);
        queue.Push(first);
        queue.Push(second);
        Assert.Same(second, behind);
        Assert.Null(ReadyQueue<ISequenced>.TakeNext(behind!));
        Assert.Equal([first], Take(queue));
    }

    [Fact]
    public async Task Of_many_who_push_and_one_who_takes_nobody_is_lost_or_comes_twice_and_each_ones_order_is_kept()
    {
        var queue = new ReadyQueue<ISequenced>();
        int taken = 0;
        int turns = 0;
        for (int round = 0; round < Rounds; round++)
        {
            Item[][] items = [.. Enumerable.Range(0, Pushers).Select(by => Enumerable.Range(0, ItemsEach).Select(i => new Item(by, i)).ToArray())];
            int[] next = new int[Pushers];
            using var start = new Barrier(Pushers + 1);
            var pushers = Enumerable.Range(0, Pushers).Select(by => Task.Factory.StartNew(
                () =>
                {
                    start.SignalAndWait();
                    foreach (var item in items[by])
                        queue.Push(item);
                },
                TestContext.Current.CancellationToken,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default)).ToArray();
            start.SignalAndWait();
            while (true)
            {
                bool isLast = Array.TrueForAll(pushers, pusher => pusher.IsCompleted);
                foreach (var item in Take(queue))
                {
                    Assert.Equal(next[item.By]++, item.Index);
                    taken++;
                }

                turns++;
                if (isLast)
                    break;
                await Task.Yield();
            }

            await Task.WhenAll(pushers);
            Assert.All(next, count => Assert.Equal(ItemsEach, count));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{taken} taken in {turns} turns");
    }

    /// <summary>The promise that signals need: a push that comes while or after its item runs makes it run again.</summary>
    [Fact]
    public async Task What_was_true_before_a_push_is_seen_by_a_run_after_it()
    {
        var queue = new ReadyQueue<ISequenced>();
        var item = new Item(0, 0);
        using var done = new CancellationTokenSource();
        long pushed = 0;
        var pusher = Task.Factory.StartNew(
            () =>
            {
                for (int i = 0; i < 200_000; i++)
                {
                    Interlocked.Increment(ref pushed);
                    queue.Push(item);
                }
            },
            TestContext.Current.CancellationToken,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        long seen = 0;
        while (!pusher.IsCompleted)
        {
            foreach (var _ in Take(queue))
                seen = Interlocked.Read(ref pushed);
            await Task.Yield();
        }

        foreach (var _ in Take(queue))
            seen = Interlocked.Read(ref pushed);
        Assert.Equal(200_000, seen);
    }

    private static List<Item> Take(ReadyQueue<ISequenced> queue)
    {
        List<Item> taken = [];
        for (var item = queue.TakeAll(); item is not null;)
        {
            var next = ReadyQueue<ISequenced>.TakeNext(item);
            taken.Add((Item)item);
            item = next;
        }

        return taken;
    }

    private sealed class Item(int by, int index) : ISequenced
    {
        private ReadyLink<ISequenced> _link;

        public ref ReadyLink<ISequenced> Link => ref _link;

        public int By => by;

        public int Index => index;

        public void Step(long now)
        {
        }

        public void Fail()
        {
        }
    }
}
