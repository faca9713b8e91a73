using Dynode.Protocols;
using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Framed.Servers;

/// <summary>What is acknowledged and what is sent again, against the slow model, over servers whose state changes whenever it likes.</summary>
public sealed class DoubtModelTests
{
    private const int ConnectionsMax = 10_000;

    private static readonly NotNowCause[] States = [NotNowCause.Busy, NotNowCause.Loading, NotNowCause.MasterDown, NotNowCause.ReadOnly];

    [Fact]
    public void It_decides_as_the_model_does_whatever_the_server_does() => Seed.Run(random =>
    {
        for (int round = 0; round < 3_000; round++)
        {
            var world = World.Random(random, random.Next(1, 4));
            var model = world.NewModel();
            RunModel(model, world, random.Next(1, 9), out int[] windows);
            var fast = new DoubtfulConnection(world.Requests, world.NewStates(), world.MayAsk, world.NewLies());
            for (int i = 0; i < windows.Length && fast.Acknowledged < world.Requests.Count; i++)
                fast.Connect(windows[i]);
            Assert.Equal(model.Done, fast.Done);
            Assert.Equal(model.Acknowledged, fast.Acknowledged);
            Assert.Equal(model.AnsweredByRefusal.Order(), fast.AnsweredByRefusal.Order());
            Assert.Equal(model.Missed, fast.Missed);
        }
    });

    /// <summary>Its state lasts until it has been left alone, as a server's does.</summary>
    [Fact]
    public void A_server_whose_states_last_gets_everything_once() => Seed.Run(random =>
    {
        for (int round = 0; round < 2_000; round++)
        {
            var asks = Enumerable.Range(0, random.Next(1, 30)).Select(_ => (Asks)random.Next(4)).ToArray();
            var state = NotNowCause.None;
            bool mayAsk = random.Next(3) > 0;
            var model = new DoubtModel(asks, () => state, mayAsk, () => NotNowCause.Busy);
            while (model.Acknowledged < asks.Length)
            {
                Assert.InRange(model.Connections, 0, ConnectionsMax);

                // It changes while nobody is connected, or under the connection, once.
                state = random.Next(2) == 0 ? NotNowCause.None : States[random.Next(States.Length)];
                model.Connect(random.Next(1, 9));
            }

            Assert.Empty(model.AnsweredByRefusal);
            Assert.Equal(-1, model.Missed);
            for (int i = 0; i < asks.Length; i++)
            {
                if (asks[i] is Asks.Write or Asks.Script)
                    Assert.Equal(1, model.Done[i]);
                Assert.InRange(model.Done[i], 1, ConnectionsMax);
            }
        }
    });

    [Fact]
    public void A_write_is_never_done_twice_and_never_lost_without_a_word_whatever_the_server_does() => Seed.Run(random =>
    {
        for (int round = 0; round < 3_000; round++)
        {
            var world = World.Random(random, random.Next(1, 4));
            var model = world.NewModel();
            RunModel(model, world, random.Next(1, 9), out _);
            for (int i = 0; i < world.Requests.Count; i++)
            {
                if (world.Requests[i] is Asks.Write or Asks.Script)
                    Assert.InRange(model.Done[i], model.AnsweredByRefusal.Contains(i) ? 0 : 1, 1);
            }
        }
    });

    /// <summary>Until all is acknowledged.</summary>
    private static void RunModel(DoubtModel model, World world, int window, out int[] windows)
    {
        var used = new List<int>();
        while (model.Acknowledged < world.Requests.Count)
        {
            Assert.InRange(model.Connections, 0, ConnectionsMax);
            used.Add(window);
            model.Connect(window);
        }

        windows = [.. used];
    }

    /// <summary>What is asked of a server, and its state at each moment that anybody looks, for as often as it is replayed.</summary>
    private sealed record World(IReadOnlyList<Asks> Requests, IReadOnlyList<NotNowCause> Moments, bool MayAsk, IReadOnlyList<NotNowCause> Told)
    {
        public static World Random(Random random, int calm)
        {
            var moments = new List<NotNowCause>();
            while (moments.Count < 400)
            {
                var state = random.Next(1 + calm) > 0 ? NotNowCause.None : States[random.Next(States.Length)];
                moments.AddRange(Enumerable.Repeat(state, random.Next(1, 12)));
            }

            // To one that cannot be asked a script that always makes a refusal up is a refusal, however often.
            bool mayAsk = random.Next(3) > 0;
            return new World(
                [.. Enumerable.Range(0, random.Next(1, 25)).Select(_ => (Asks)random.Next(mayAsk ? 5 : 4))],
                moments,
                mayAsk,
                [.. Enumerable.Range(0, 20).Select(_ => States[random.Next(States.Length)])]);
        }

        public DoubtModel NewModel() => new(Requests, NewStates(), MayAsk, NewLies());

        // What lasts for ever is that it works.
        public Func<NotNowCause> NewStates() => Replay(Moments, NotNowCause.None);

        public Func<NotNowCause> NewLies() => Replay(Told, NotNowCause.Busy);

        private static Func<NotNowCause> Replay(IReadOnlyList<NotNowCause> values, NotNowCause end)
        {
            int at = 0;
            return () => at < values.Count ? values[at++] : end;
        }
    }
}
