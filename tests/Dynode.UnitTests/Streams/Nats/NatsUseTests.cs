using Dynode.Streams.Nats;
using Dynode.TestKit;

namespace Dynode.UnitTests.Streams.Nats;

/// <summary>When a connection that lives is left for another address.</summary>
public sealed class NatsUseTests(ITestOutputHelper output)
{
    private const long Second = TimeSpan.TicksPerSecond;
    private const long Max = NatsUse.Wait;

    [Theory]
    [InlineData(Max - 1, false)]
    [InlineData(Max, true)]
    [InlineData(Max + 1, true)]
    public void What_is_published_and_not_answered_for_so_long_is_over(long after, bool isOver)
    {
        NatsUse use = Begun(2);
        use.Published(0);
        use.Published(Second);
        Assert.Equal(isOver, use.WhyOver(after) is not null);
    }

    [Theory]
    [InlineData(Max - 1, false)]
    [InlineData(Max, true)]
    [InlineData(Max + 1, true)]
    public void Where_no_leader_is_known_for_so_long_it_is_over(long after, bool isOver)
    {
        NatsUse use = Begun(2);
        use.Looked(0, isLeaderless: true, 2);
        use.Looked(Second, isLeaderless: true, 2);
        Assert.Equal(isOver, use.WhyOver(after) is not null);
    }

    [Theory]
    [InlineData(Max - 1, false)]
    [InlineData(Max, true)]
    [InlineData(Max + 1, true)]
    public void What_is_pulled_and_not_answered_for_so_long_is_over(long after, bool isOver)
    {
        NatsUse use = Begun(2);
        use.Pulled(0, isAnswered: false);
        use.Pulled(Second, isAnswered: false);
        use.Answered();
        use.Looked(Second, isLeaderless: false, 2);
        Assert.Equal(isOver ? "answers no pull for 10 s" : null, use.WhyOver(after));
    }

    [Fact]
    public void It_says_which_of_both()
    {
        NatsUse use = Begun(2);
        use.Published(0);
        use.Published(Second);
        Assert.Equal("confirms nothing for 10 s", use.WhyOver(Max));
        use.TryBegin(isLeaderless: false, 2);
        use.Looked(0, isLeaderless: true, 2);
        use.Looked(Second, isLeaderless: true, 2);
        Assert.Equal("says for 10 s that the stream has no leader", use.WhyOver(Max));
        Assert.Null(use.WhyOver(Max));
    }

    [Fact]
    public void With_one_address_it_stays()
    {
        NatsUse use = Begun(1);
        for (long now = 0; now < 20 * Max; now += Second)
        {
            use.Published(now);
            use.Looked(now, isLeaderless: true, 1);
            Assert.Null(use.WhyOver(now));
        }

        // Until another one is heard of.
        use.Looked(20 * Max, isLeaderless: true, 2);
        Assert.NotNull(use.WhyOver(20 * Max));
    }

    [Fact]
    public void What_was_asked_once_is_not_missed()
    {
        NatsUse use = Begun(2);
        use.Published(0);
        use.Looked(0, isLeaderless: true, 2);
        Assert.Null(use.WhyOver(Max + 1));

        // Nor what was asked again long after.
        use.Published(Max + 1);
        use.Looked(Max + 1, isLeaderless: true, 2);
        Assert.Null(use.WhyOver(Max + 2));
    }

    [Fact]
    public void An_answer_in_between_begins_anew()
    {
        NatsUse use = Begun(2);
        for (long now = 0; now < 20 * Max; now += Second)
        {
            use.Published(now);
            use.Looked(now, isLeaderless: true, 2);
            if (now % (9 * Second) == 0)
            {
                use.Answered();
                use.Looked(now, isLeaderless: false, 2);
            }

            Assert.Null(use.WhyOver(now));
        }
    }

    /// <summary>A leader that confirms nothing takes itself for one, and an answer says nothing of the leader: neither stands for the other.</summary>
    [Fact]
    public void A_leader_is_no_answer_and_an_answer_no_leader()
    {
        NatsUse use = Begun(2);
        for (long now = 0; now < Max; now += Second)
        {
            use.Published(now);
            use.Looked(now, isLeaderless: false, 2);
        }

        Assert.NotNull(use.WhyOver(Max));
        Assert.True(use.TryBegin(isLeaderless: false, 2));
        for (long now = 0; now < Max; now += Second)
        {
            use.Looked(now, isLeaderless: true, 2);
            use.Answered();
        }

        Assert.NotNull(use.WhyOver(Max));
    }

    [Fact]
    public void Who_left_goes_on_where_there_is_a_leader_and_nobody_else_must()
    {
        NatsUse use = Begun(2);
        Assert.True(use.TryBegin(isLeaderless: true, 2));
        use.Looked(0, isLeaderless: true, 2);
        use.Looked(Second, isLeaderless: true, 2);
        Assert.NotNull(use.WhyOver(Max));
        Assert.False(use.TryBegin(isLeaderless: true, 2));
        Assert.False(use.TryBegin(isLeaderless: true, 2));
        Assert.True(use.TryBegin(isLeaderless: false, 2));
        Assert.True(use.TryBegin(isLeaderless: true, 2));
    }

    [Fact]
    public void Where_nobody_confirms_anything_it_stays_longer_with_each_round_and_no_longer_than_80_s()
    {
        NatsUse use = Begun(3);
        long now = 0;
        var stayed = new List<long>();
        for (int i = 0; i < 15; i++)
            stayed.Add(Stay(use, ref now, 3) / Second);
        Assert.Equal([10, 10, 10, 20, 20, 20, 40, 40, 40, 80, 80, 80, 80, 80, 80], stayed);
        use.Answered();
        Assert.Equal(10, Stay(use, ref now, 3) / Second);
    }

    /// <summary>Against one that keeps all that happened, and looks through it each time.</summary>
    [Fact]
    public void As_a_slow_model_says() => Seed.Run(random =>
    {
        int overs = 0, refused = 0;
        for (int run = 0; run < 2_000; run++)
        {
            NatsUse use = Begun(2);
            var model = new Model();
            int addresses = 2;
            long now = 0;
            for (int i = 0; i < 200; i++)
            {
                now += random.Next(8) == 0 ? random.Next(0, (int)(12 * Second / 1000)) * 1000L : random.Next(0, 3) * Second;
                switch (random.Next(26))
                {
                    case < 8:
                        use.Published(now);
                        model.Publishes.Add((now, true));
                        break;
                    case < 9:
                        use.Answered();
                        model.Publishes.Add((now, false));
                        model.Unconfirmed = 0;
                        break;
                    case >= 20:
                        bool isAnswered = random.Next(8) == 0;
                        use.Pulled(now, isAnswered);
                        model.Pulls.Add((now, !isAnswered));
                        break;
                    case < 18:
                        bool isLeaderless = random.Next(12) != 0;
                        addresses = random.Next(10) == 0 ? random.Next(1, 4) : addresses;
                        use.Looked(now, isLeaderless, addresses);
                        model.Looks.Add((now, isLeaderless));
                        break;
                    default:
                        bool begins = random.Next(2) == 0, may = !begins || !model.MustLead;
                        Assert.Equal(may, use.TryBegin(begins, addresses));
                        refused += may ? 0 : 1;
                        if (may)
                            model.Begin();
                        break;
                }

                bool isOver = model.IsOver(now, addresses);
                Assert.Equal(isOver, use.WhyOver(now) is not null);
                overs += isOver ? 1 : 0;
            }
        }

        output.WriteLine($"{overs} times over, {refused} refused");
        Assert.True(overs > 1_000 && refused > 100);
    });

    private static NatsUse Begun(int addresses)
    {
        var use = new NatsUse();
        Assert.True(use.TryBegin(isLeaderless: false, addresses));
        return use;
    }

    private static long Stay(NatsUse use, ref long now, int addresses)
    {
        Assert.True(use.TryBegin(isLeaderless: false, addresses));
        long began = now;
        while (true)
        {
            use.Published(now);
            if (use.WhyOver(now) is not null)
                return now - began;
            now += Second;
        }
    }

    private sealed class Model
    {
        public List<(long At, bool Asks)> Publishes { get; } = [];

        public List<(long At, bool Asks)> Looks { get; } = [];

        public List<(long At, bool Asks)> Pulls { get; } = [];

        public int Unconfirmed { get; set; }

        public bool MustLead { get; private set; }

        public void Begin()
        {
            MustLead = false;
            Publishes.Clear();
            Pulls.Clear();
            Looks.Clear();
        }

        public bool IsOver(long now, int addresses)
        {
            long patience = Max << Math.Min(Unconfirmed / addresses, 3);
            bool isUnconfirmed = IsSilent(Publishes, now, patience), isOver = addresses > 1 && (isUnconfirmed || IsSilent(Pulls, now, Max) || IsSilent(Looks, now, Max));
            if (!isOver)
                return false;
            Unconfirmed += isUnconfirmed ? 1 : 0;
            Begin();
            return MustLead = true;
        }

        private static bool IsSilent(List<(long At, bool Asks)> happened, long now, long max)
        {
            int first = happened.Count;
            while (first > 0 && happened[first - 1].Asks && (first == happened.Count || happened[first].At - happened[first - 1].At <= Max))
                first--;
            return happened.Count - first >= 2 && now - happened[first].At >= max;
        }
    }
}
