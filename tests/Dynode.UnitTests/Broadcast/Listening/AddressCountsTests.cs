using System.Net;
using Dynode.Broadcast.Listening;
using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Listening;

public sealed class AddressCountsTests
{
    private static readonly IPAddress A = IPAddress.Parse("10.0.0.1"), B = IPAddress.Parse("fd00::1");

    [Fact]
    public void The_last_one_comes_in_and_the_next_does_not_until_one_has_gone()
    {
        const int Max = 3;
        var counts = new AddressCounts();
        for (long id = 1; id < Max; id++)
            Assert.True(counts.TryEnter(id, A, Max, Nobody.Here));
        Assert.True(counts.TryEnter(Max, A, Max, Nobody.Here));
        Assert.False(counts.TryEnter(Max + 1, A, Max, Nobody.Here));
        Assert.False(counts.TryEnter(Max + 2, A.MapToIPv6(), Max, Nobody.Here));
        Assert.True(counts.TryEnter(Max + 3, B, Max, Nobody.Here));
        counts.Leave(Max + 1);
        Assert.False(counts.TryEnter(Max + 4, A, Max, Nobody.Here));
        counts.Leave(2);
        counts.Leave(2);
        Assert.True(counts.TryEnter(Max + 5, A, Max, Nobody.Here));
        Assert.False(counts.TryEnter(Max + 6, A, Max, Nobody.Here));
    }

    [Fact]
    public void A_lower_limit_sends_nobody_away_and_lets_nobody_in_before_there_are_fewer()
    {
        var counts = new AddressCounts();
        for (long id = 1; id <= 4; id++)
            Assert.True(counts.TryEnter(id, A, 4, Nobody.Here));
        Assert.False(counts.TryEnter(5, A, 2, Nobody.Here));
        counts.Leave(1);
        counts.Leave(2);
        Assert.False(counts.TryEnter(6, A, 2, Nobody.Here));
        counts.Leave(3);
        Assert.True(counts.TryEnter(7, A, 2, Nobody.Here));
    }

    [Fact]
    public void Only_addresses_with_clients_are_held_and_without_a_limit_none_is()
    {
        var counts = new AddressCounts();
        Assert.True(counts.TryEnter(1, A, 0, Nobody.Here));
        Assert.Equal(0, counts.Addresses);
        Assert.True(counts.TryEnter(2, A, 1, Nobody.Here));
        Assert.True(counts.TryEnter(3, B, 1, Nobody.Here));
        Assert.True(counts.TryEnter(4, null, 1, Nobody.Here));
        Assert.True(counts.TryEnter(5, null, 1, Nobody.Here));
        Assert.Equal(2, counts.Addresses);
        counts.Leave(2);
        counts.Leave(4);
        Assert.Equal(1, counts.Addresses);
        Assert.True(counts.TryEnter(6, A, 0, Nobody.Here));
        Assert.Equal(0, counts.Addresses);
    }

    [Fact]
    public void A_limit_that_is_set_later_counts_those_who_are_here_and_not_those_who_leave_while_the_roll_is_called()
    {
        var counts = new AddressCounts();
        for (long id = 1; id <= 5; id++)
            Assert.True(counts.TryEnter(id, A, 0, Nobody.Here));
        counts.Leave(1);

        // 4 leaves when it stands on the roll already; 6 comes while that is called, and stands on it too.
        var roll = new Roll(() =>
        {
            counts.Leave(4);
            Assert.True(counts.TryEnter(6, A, 3, Nobody.Here));
            return [Figures(2), Figures(3), Figures(4), Figures(6)];
        });
        Assert.False(counts.TryEnter(7, A, 3, roll));
        counts.Leave(2);
        Assert.True(counts.TryEnter(8, A, 3, Nobody.Here));
        Assert.False(counts.TryEnter(9, A, 3, Nobody.Here));
        foreach (long id in (long[])[3, 6, 8])
            counts.Leave(id);
        Assert.Equal(0, counts.Addresses);
    }

    [Fact]
    public async Task Of_many_who_come_and_go_at_once_never_more_are_here_and_no_place_is_lost()
    {
        const int Max = 5;
        var counts = new AddressCounts();
        int[] here = new int[2];
        long ids = 0;
        await Seed.RunAsync(async random =>
        {
            int[] seeds = [.. Enumerable.Range(0, 4).Select(_ => random.Next())];
            await Task.WhenAll(seeds.Select(seed => Task.Run(() =>
            {
                var own = new Random(seed);
                for (int i = 0; i < 20_000; i++)
                {
                    int which = own.Next(2);
                    List<long> mine = [];
                    for (int wanted = own.Next(1, 4); wanted > 0; wanted--)
                    {
                        long id = Interlocked.Increment(ref ids);
                        if (!counts.TryEnter(id, which == 0 ? A : B, Max, Nobody.Here))
                            continue;
                        mine.Add(id);
                        Assert.InRange(Interlocked.Increment(ref here[which]), 1, Max);
                    }

                    foreach (long id in mine)
                    {
                        Interlocked.Decrement(ref here[which]);
                        counts.Leave(id);
                    }
                }
            })));
        });
        Assert.Equal(0, counts.Addresses);
        for (int i = 0; i < Max; i++)
            Assert.True(counts.TryEnter(++ids, A, Max, Nobody.Here));
        Assert.False(counts.TryEnter(++ids, A, Max, Nobody.Here));
    }

    private static ClientFigures Figures(long id) => new(id, new IPEndPoint(A, (int)id), TimeSpan.Zero, null, 0, 0, null, 0, false);

    private sealed class Roll(Func<ClientFigures[]> figures) : IRoll
    {
        public ClientFigures[] Figures() => figures();
    }

    private sealed class Nobody : IRoll
    {
        public static readonly Nobody Here = new();

        public ClientFigures[] Figures() => [];
    }
}
