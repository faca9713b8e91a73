using System.Text;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Framed.Placement;
using Dynode.Broadcast.Plane;
using Dynode.Log;
using Dynode.Protocols;
using Dynode.Protocols.Policies;
using Dynode.TestKit;
using Dynode.UnitTests.Broadcast.Framed.Answers;

namespace Dynode.UnitTests.Broadcast.Framed.Placement;

/// <summary>
/// Random histories of clients whose requests wait for their places: own answers between, parcels, placements, replies, time that runs out, lanes that end, clients that leave. What
/// each client gets is compared with what somebody would say who keeps a list of all requests and looks through it each time.
/// </summary>
public sealed class WaitingModelTests(ITestOutputHelper output)
{
    private const int Histories = 200;
    private const int StepsMax = 400;

    [Fact]
    public void Each_client_gets_each_answer_once_and_in_its_order_and_what_was_not_kept_is_never_placed() => Seed.Run(random =>
    {
        var figures = new Figures();
        for (int i = 0; i < Histories; i++)
            new History(random, figures).Run();
        output.WriteLine($"{figures}");
        Assert.True(figures is { Placed: > 0, NotKept: > 0, Unknown: > 0, Left: > 0, Own: > 0, LanesLost: > 0, Untold: > 0 }, $"this proves nothing: {figures}");
    });

    private sealed record Figures
    {
        public int Placed { get; set; }

        public long NotKept { get; set; }

        public long Untold { get; set; }

        public long Unknown { get; set; }

        public int Left { get; set; }

        public int Own { get; set; }

        public int LanesLost { get; set; }
    }

    private sealed class Asked(int id, ModelClient client, bool isToAnswer, long since)
    {
        public int Id => id;

        public ModelClient Client => client;

        public bool IsToAnswer => isToAnswer;

        public long Since => since;

        public bool IsSent { get; set; }

        public bool IsDropped { get; set; }

        /// <summary>Somebody waits for its place.</summary>
        public bool IsOpen { get; set; } = true;

        public bool IsAnswered { get; set; }
    }

    private sealed class ModelClient
    {
        public AnsweredClient Real { get; } = new();

        /// <summary>In the order of what it asked; null: not decided yet.</summary>
        public List<string?> Answers { get; } = [];

        public Dictionary<int, int> IndexOf { get; } = [];

        public bool IsGone { get; set; }
    }

    private sealed class History
    {
        private readonly Random _random;
        private readonly Figures _figures;
        private readonly FramedParts _parts;
        private readonly Patience _patience;
        private readonly List<ModelClient> _clients = [];
        private readonly List<Asked> _asked = [];
        private readonly Queue<Asked> _inParcels = [];
        private readonly Dictionary<long, Asked> _inLog = [];
        private readonly long _timeout;
        private int _sent;
        private long _replied;
        private long _notKept;
        private long _untold;
        private long _unknown;

        public History(Random random, Figures figures)
        {
            (_random, _figures) = (random, figures);
            _parts = new FramedParts(FastestReply.Instance, servers: 1, slotsMax: random.Next(2) == 0 ? 16 : 1_000);
            _patience = new Patience(_parts.Plane, _parts.Waiting, _parts.Own, _parts.Durations);
            _timeout = _parts.Plane.Settings.PlaceTimeout.Ticks;
        }

        private Waiting Waiting => _parts.Waiting;

        private long Now => _parts.Plane.Clock.Now;

        public void Run()
        {
            for (int steps = _random.Next(StepsMax); steps > 0; steps--)
            {
                Step();
                Check();
            }

            while (_sent < _asked.Count)
                Publish();
            while (_inParcels.Count > 0)
                Place();
            while (_replied < _parts.Ring.Next)
                Reply();
            Assert.Equal(0, Waiting.Count);
            Assert.Equal(0, _parts.Ring.Count);
            foreach (var client in _clients)
            {
                if (!client.IsGone)
                    Close(client, checks: true);
            }

            Assert.Equal(0, _parts.Memory.Outstanding);
            Assert.Equal(0, _parts.Memory.KeptBytes);
            Assert.Equal(0, _parts.Pool.LentBytes(MemoryShare.Replies));
            _figures.NotKept += _notKept;
            _figures.Untold += _untold;
            _figures.Unknown += _unknown;
        }

        private void Step()
        {
            switch (_random.Next(100))
            {
                case < 5:
                    _clients.Add(new ModelClient());
                    break;
                case < 40:
                    Ask();
                    break;
                case < 55:
                    Answer();
                    break;
                case < 65:
                    Publish();
                    break;
                case < 78:
                    Place();
                    break;
                case < 90:
                    Reply();
                    break;
                case < 97:
                    Wait();
                    break;
                case < 99:
                    if (Some() is { } client)
                        Close(client, checks: false);
                    break;
                default:
                    LoseLane();
                    break;
            }
        }

        private void Check()
        {
            Assert.Equal(_asked.Count, Waiting.Next);
            Assert.Equal(_sent, Waiting.Sent);
            Assert.Equal((_notKept, _untold, _unknown), (_patience.NotKept, _patience.NotKeptUntold, _patience.Unknown));
            Assert.Equal(_inParcels.TryPeek(out var first) ? first.Id : _sent, Waiting.First);
        }

        private ModelClient? Some()
        {
            var here = _clients.Where(static client => !client.IsGone).ToList();
            return here.Count == 0 ? null : here[_random.Next(here.Count)];
        }

        private void Ask()
        {
            if (Some() is not { } client || !Waiting.HasRoom)
                return;
            var asked = new Asked(_asked.Count, client, isToAnswer: _random.Next(8) > 0, Now);
            client.IndexOf[asked.Id] = client.Answers.Count;
            client.Answers.Add(null);
            Waiting.Add(client.Real, new RequestVerdict(), asked.IsToAnswer, null, Now);
            _asked.Add(asked);
        }

        private void Answer()
        {
            if (Some() is not { } client)
                return;
            string text = $"own {_figures.Own++} {new string('x', _random.Next(20) == 0 ? 9_000 : _random.Next(60))}";
            bool isError = _random.Next(2) == 0;
            client.Answers.Add(isError ? $"!{text}\n" : text);
            if (isError)
                _parts.Own.ReplyError(client.Real, text);
            else
                _parts.Own.Reply(client.Real, Encoding.ASCII.GetBytes(text));
        }

        /// <summary>The next parcel, of what was not taken out.</summary>
        private void Publish()
        {
            for (int count = _random.Next(1, 6); count > 0 && _sent < _asked.Count; count--)
            {
                var asked = _asked[_sent++];
                asked.IsSent = true;
                if (!asked.IsDropped)
                    _inParcels.Enqueue(asked);
                Waiting.Send();
            }
        }

        /// <summary>The oldest request in a parcel gets its place.</summary>
        private void Place()
        {
            while (!_parts.Ring.HasRoom(1))
                Reply();
            if (!_inParcels.TryDequeue(out var asked))
                return;
            Assert.False(asked.IsDropped);
            ref var waits = ref Waiting[Waiting.First];
            bool isWaitedFor = asked.IsOpen && !asked.Client.IsGone;
            Assert.Same(isWaitedFor ? asked.Client.Real : null, waits.Client);
            bool answers = isWaitedFor && asked.IsToAnswer;
            bool isRefused = answers && _random.Next(20) == 0;
            if (answers && !isRefused)
            {
                long number = _parts.Ring.Open(_parts.Voters(0));
                _inLog[number] = asked;
                _parts.Answers.Enter(asked.Client.Real, number);
                _parts.Voting.Opened(number);
            }
            else
            {
                _parts.Ring.Pass();
            }

            var placed = Waiting.Take();
            if (isRefused)
            {
                Decide(asked, $"!{AnswerText.CursorGone}\n");
                _parts.Own.Settle(asked.Client.Real, ErrorReason.Refused, AnswerText.CursorGone);
            }

            if (placed.Trailer is { } trailer)
                _parts.Own.Trail(placed.Client, trailer);
            if (isWaitedFor && !asked.IsToAnswer)
                Decide(asked, "");
            asked.IsOpen = false;
            _figures.Placed++;
        }

        /// <summary>The server replies to the next request of the log.</summary>
        private void Reply()
        {
            if (_replied == _parts.Ring.Next)
                return;
            long number = _replied++;
            if (!_inLog.Remove(number, out var asked))
                return;
            string reply = $"reply {asked.Id} {new string('y', _random.Next(60))}\n";
            if (!asked.Client.IsGone)
                Decide(asked, reply);
            if (_parts.Ring.Holds(number))
                _parts.Voting.Replied(_parts.Servers[0], number, Encoding.ASCII.GetBytes(reply), null, isError: false, 1);
        }

        private void Wait()
        {
            _parts.Time.Advance(TimeSpan.FromSeconds(_random.Next(8)));
            foreach (var asked in _asked)
            {
                if (asked.IsOpen && asked.Since <= Now - _timeout)
                    GiveUp(asked);
            }

            _patience.Look(Now);
        }

        private void GiveUp(Asked asked)
        {
            if (asked.IsSent)
            {
                asked.IsOpen = false;
                _unknown += asked.Client.IsGone || !asked.IsToAnswer ? 0 : 1;
                Tell(asked, $"!{AnswerText.KeptPerhaps}\n");
                return;
            }

            // With all that its client sent behind it.
            foreach (var later in _asked.Where(later => later == asked || (later.Id > asked.Id && later.IsOpen && later.Client == asked.Client && !asked.Client.IsGone)))
            {
                (later.IsOpen, later.IsDropped) = (false, true);
                _notKept++;
                _untold += later.Client.IsGone || !later.IsToAnswer ? 1 : 0;
                Tell(later, $"!{AnswerText.NotKeptAway}\n");
            }
        }

        private void LoseLane()
        {
            foreach (var asked in _asked.Where(static asked => asked.IsOpen && asked.IsSent))
                GiveUp(asked);
            _inParcels.Clear();
            _patience.GiveUpSent();
            _figures.LanesLost++;
        }

        private static void Tell(Asked asked, string error)
        {
            if (!asked.Client.IsGone)
                Decide(asked, asked.IsToAnswer ? error : "");
        }

        /// <summary>Who asked for no answer waits for the place all the same: what follows comes behind it.</summary>
        private static void Decide(Asked asked, string answer)
        {
            Assert.False(asked.IsAnswered);
            asked.IsAnswered = true;
            asked.Client.Answers[asked.Client.IndexOf[asked.Id]] = answer;
        }

        private void Close(ModelClient client, bool checks)
        {
            if (checks)
            {
                Assert.DoesNotContain(null, client.Answers);
                Assert.Equal(string.Concat(client.Answers), client.Real.Received);
                Assert.Equal(0, client.Real.Owed);
            }
            else
            {
                // As far as all before it is decided.
                Assert.Equal(string.Concat(client.Answers.TakeWhile(static answer => answer is not null)), client.Real.Received);
                _figures.Left++;
            }

            Assert.False(client.Real.IsTorn);
            client.IsGone = true;
            client.Real.Close(_parts.Answers);
        }
    }
}
