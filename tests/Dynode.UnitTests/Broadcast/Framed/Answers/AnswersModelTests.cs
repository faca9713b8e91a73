using System.Text;
using Dynode.Broadcast.Framed;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Log;
using Dynode.Protocols;
using Dynode.Protocols.Policies;
using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Framed.Answers;

/// <summary>
/// Random histories of clients and servers through <see cref="Voting"/> and <see cref="AnswerQueue"/>: replies in log order per server,
/// short and in parts, servers that die, stall and return, clients that leave. Each client must have got what <see cref="AnswersModel"/>
/// says, in its order, whole; and nothing may be left.
/// </summary>
public sealed class AnswersModelTests
{
    private const int Histories = 150;
    private const int StepsMax = 400;

    public static TheoryData<string> Policies => ["all", "fastest", "primary", "majority", "every", "none"];

    [Theory]
    [MemberData(nameof(Policies))]
    public void With_memory_for_few_replies_a_client_gets_an_error_for_a_lost_one_or_is_torn_and_nothing_is_left(string reply) => Seed.Run(random =>
    {
        var policy = Speech.PolicyOf(Enum.Parse<Dynode.Broadcast.Plane.FramedReply>(reply, ignoreCase: true));
        var figures = new Figures();
        for (int i = 0; i < Histories; i++)
            new History(random, policy, figures, isTight: true).Run();
        TestContext.Current.TestOutputHelper?.WriteLine($"{reply}: {figures}");
        Assert.True(policy is NoReply || figures.Lost > 0);
    });

    [Theory]
    [MemberData(nameof(Policies))]
    public void Each_client_gets_its_answers_in_its_order_whole_and_nothing_is_left(string reply) => Seed.Run(random =>
    {
        var policy = Speech.PolicyOf(Enum.Parse<Dynode.Broadcast.Plane.FramedReply>(reply, ignoreCase: true));
        var figures = new Figures();
        for (int i = 0; i < Histories; i++)
            new History(random, policy, figures).Run();
        TestContext.Current.TestOutputHelper?.WriteLine($"{reply}: {figures}");
        Assert.True(figures.Alike > 0);
    });

    private sealed record Figures
    {
        public int Requests { get; set; }

        public int Replies { get; set; }

        public int Alike { get; set; }

        public int Streamed { get; set; }

        public int Collected { get; set; }

        public int Hashed { get; set; }

        public int Torn { get; set; }

        public int Withdrawals { get; set; }

        public int Left { get; set; }

        public int OwnAnswers { get; set; }

        public int MadeRoom { get; set; }

        public int Lost { get; set; }
    }

    /// <summary>A server as its connection's matcher sees it.</summary>
    private sealed class Server(int index, Voter voter)
    {
        public int Index => index;

        public Voter Voter => voter;

        public bool IsConnected { get; set; } = true;

        public bool IsCurrent { get; set; } = true;

        /// <summary>The oldest request that it has not acknowledged.</summary>
        public int Next { get; set; }

        /// <summary>A reply of which parts have been taken; null: none.</summary>
        public string? InParts { get; set; }

        public int Taken { get; set; }

        public LargeReplyFate Fate { get; set; }

        public KeptReply? Collected { get; set; }
    }

    private sealed class History
    {
        private readonly Random _random;
        private readonly IReplyPolicy _policy;
        private readonly Figures _figures;
        private readonly FramedParts _parts;
        private readonly Server[] _servers;
        private readonly List<AskedRequest> _requests = [];
        private readonly List<AnsweredClient> _clients = [];
        private readonly Dictionary<AnsweredClient, List<object>> _asked = [];
        private readonly HashSet<AnsweredClient> _closed = [];
        private readonly SpentMemory _spent;
        private readonly bool _isTight;
        private int _ownAnswers;

        public History(Random random, IReplyPolicy policy, Figures figures, bool isTight = false)
        {
            (_random, _policy, _figures) = (random, policy, figures);
            _parts = new FramedParts(policy, servers: random.Next(1, 5), slotsMax: random.Next(2) == 0 ? 16 : 1_000);
            _isTight = isTight;
            _spent = new SpentMemory(_parts.Pool, MemoryShare.Replies);
            _servers = [.. _parts.Servers.Select((delivery, index) => new Server(index, delivery))];
        }

        public void Run()
        {
            for (int left = _random.Next(1, StepsMax); left > 0; left--)
            {
                Step();
                Check();
            }

            End();
        }

        private void Step()
        {
            if (_isTight && _random.Next(10) == 0)
                _spent.Spend();
            else if (_random.Next(4) == 0)
                _spent.GiveBack();
            var server = _servers[_random.Next(_servers.Length)];
            switch (_random.Next(20))
            {
                case < 6:
                    Ask();
                    break;
                case < 8:
                    AnswerOwn();
                    break;
                case < 16:
                    for (int left = _random.Next(1, 6); left > 0; left--)
                        TakeReply(server);
                    break;
                case 16:
                    if (_random.Next(3) == 0)
                        Disconnect(server);
                    break;
                case 17:
                    if (_random.Next(3) == 0 && server.IsConnected)
                        Withdraw(server, unlessLast: true);
                    break;
                case 18:
                    server.IsConnected = true;
                    break;
                default:
                    if (_clients.Count > 0 && _random.Next(3) == 0)
                        Close(_clients[_random.Next(_clients.Count)]);
                    break;
            }

            foreach (var each in _servers)
                each.IsCurrent |= each.IsConnected && each.Next == _requests.Count;
        }

        private void Ask()
        {
            if (!_parts.Ring.HasRoom(2))
            {
                int before = _parts.Ring.Count;
                _parts.Voting.MakeRoom();
                _figures.MadeRoom += before - _parts.Ring.Count;
                if (!_parts.Ring.HasRoom(2))
                    return;
            }

            int[] voters = [.. _servers.Where(server => server.IsCurrent).Select(server => server.Index)];
            if (_policy is PrimaryReply && voters.Length > 1 && _random.Next(2) == 0)
                (voters[0], voters[1]) = (voters[1], voters[0]);
            byte hide = _random.Next(8) switch { 0 => RequestVerdict.HidesAll, 1 or 2 => 1, _ => 0 };
            var request = new AskedRequest
            {
                Number = _requests.Count,
                Client = AnyClient(),
                Voters = voters,
                Servers = _servers.Length,
                Class = _random.Next(4) == 0 ? ReplyClass.Own : ReplyClass.Compared,
                Hide = hide,
                Selects = hide == 0 && _random.Next(6) == 0 ? _random.Next(16) : -1,
            };
            _requests.Add(request);
            _figures.Requests++;

            // As the sequencer does it.
            bool waits = _policy is not NoReply && (hide != RequestVerdict.HidesAll || request.Selects >= 0);
            bool compared = voters.Length > 1 && request.Class != ReplyClass.Own && !_parts.Ring.IsCrowded;
            if (!waits && !compared)
            {
                _parts.Ring.Pass();
                return;
            }

            long number = _parts.Ring.Open(_parts.Voters(voters));
            Assert.Equal(request.Number, number);
            ref var slot = ref _parts.Ring[number];
            (slot.Class, slot.Hide, slot.Selects) = (request.Class, request.Hide, request.Selects);
            if (!waits)
            {
                slot.IsDecided = true;
                return;
            }

            _asked[request.Client!].Add(request);
            _parts.Answers.Enter(request.Client!, number);
            _parts.Voting.Opened(number);
        }

        private AnsweredClient AnyClient()
        {
            if (_clients.Count == 0 || (_clients.Count < 6 && _random.Next(4) == 0))
            {
                _clients.Add(new AnsweredClient());
                _asked[_clients[^1]] = [];
            }

            return _clients[_random.Next(_clients.Count)];
        }

        private void AnswerOwn()
        {
            var client = AnyClient();
            string answer = $"O{_ownAnswers++}.{new string('o', _random.Next(4) == 0 ? _random.Next(3_000) : _random.Next(60))}\n";
            _asked[client].Add(answer);
            _parts.Own.Reply(client, Encoding.ASCII.GetBytes(answer));
            _figures.OwnAnswers++;
        }

        private void TakeReply(Server server)
        {
            if (!server.IsConnected || server.Next == _requests.Count)
                return;
            var request = _requests[server.Next];
            if (server.InParts is not null)
            {
                TakePart(server, request, _random.Next(3) == 0);
                return;
            }

            if (_random.Next(3) == 0)
            {
                TakeAlike(server);
                return;
            }

            // Equal servers say the same: mostly.
            char what = _random.Next(4) == 0 ? "abef"[_random.Next(4)] : "aaae"[(int)(request.Number % 4)];
            bool isLarge = _random.Next(4) == 0;
            int length = isLarge ? _random.Next(1, _random.Next(8) == 0 ? 150_000 : 2_000) : _random.Next(_random.Next(3) == 0 ? 700 : 40);
            string hidden = _random.Next(3) == 0 ? "H" : "";
            string reply = $"{hidden}{what}{request.Number}.{server.Index}{new string(what, length)}\n";
            if (!isLarge)
            {
                Spoke(server, request, reply, what);
                _parts.Voting.Replied(server.Voter, request.Number, Encoding.ASCII.GetBytes(reply), null, what is 'e' or 'f', what);
                Acknowledge(server);
                return;
            }

            bool wasPending = request.IsPending(server.Index);
            server.InParts = reply;
            server.Taken = 0;
            server.Fate = _parts.Streams.Begin(server.Voter, request.Number, what is 'e' or 'f');
            if (server.Fate == LargeReplyFate.Stream)
            {
                Assert.True(wasPending);
                Spoke(server, request, reply, what);
                _figures.Streamed++;
            }
            else if (server.Fate == LargeReplyFate.Collect)
            {
                server.Collected = _parts.Memory.Take();
                _figures.Collected++;
            }
            else
            {
                _figures.Hashed++;
            }

            TakePart(server, request, isLast: _random.Next(4) == 0);
        }

        /// <summary>The same reply to as many as are decided: the rest are answered one by one.</summary>
        private void TakeAlike(Server server)
        {
            int count = _random.Next(1, Math.Min(20, _requests.Count - server.Next) + 1);
            int decided = 0;
            while (decided < count && IsDecidedFor(server, _requests[server.Next + decided]))
                decided++;
            var usual = UsualReply.Of("a"u8, 'a', ReplyClass.Compared);
            Assert.Equal(decided, _parts.Voting.RepliedAlike(server.Voter, server.Next, count, usual));
            for (; decided > 0; decided--)
            {
                Spoke(server, _requests[server.Next], "of no meaning any more", 'a');
                Acknowledge(server);
                _figures.Alike++;
            }
        }

        /// <summary>As the ring has it: one whose only other voter was torn is still waited for there, which the model does not know.</summary>
        private bool IsDecidedFor(Server server, AskedRequest request)
        {
            if (!_parts.Ring.Holds(request.Number))
                return true;
            ref var slot = ref _parts.Ring[request.Number];
            int rank = slot.Voters!.RankOf(server.Voter);
            return slot.IsDecided && rank >= 0 && _parts.Ring.VotesOf(request.Number, slot.Voters.Count)[rank].State == VoteState.Pending;
        }

        private void TakePart(Server server, AskedRequest request, bool isLast)
        {
            string reply = server.InParts!;
            int count = isLast ? reply.Length - server.Taken : Math.Min(_random.Next(1, 70_000), reply.Length - server.Taken - 1);
            byte[] part = Encoding.ASCII.GetBytes(reply.Substring(server.Taken, count));
            server.Taken += count;
            if (server.Fate == LargeReplyFate.Stream)
                _parts.Streams.Stream(request.Number, part);
            else if (server.Collected is { IsLost: false } kept && !_parts.Memory.TryKeep(kept, part))
                Lose(kept);
            if (!isLast)
                return;
            char what = reply.TrimStart('H')[0];
            if (server.Fate == LargeReplyFate.Stream)
            {
                _parts.Streams.Streamed(server.Voter, request.Number, what);
            }
            else
            {
                Spoke(server, request, reply, what);
                var collected = server.Collected ?? _parts.Memory.Lost();
                _parts.Voting.Replied(server.Voter, request.Number, default, collected, what is 'e' or 'f', what);
            }

            server.InParts = null;
            server.Collected = null;
            Acknowledge(server);
        }

        /// <summary>As the matcher does it.</summary>
        private void Lose(KeptReply kept)
        {
            Assert.True(_isTight);
            _parts.Memory.Lose(kept, ReplyLoss.NoMemory);
            _figures.Lost++;
        }

        private void Spoke(Server server, AskedRequest request, string reply, char what)
        {
            _figures.Replies++;
            if (!request.IsPending(server.Index))
                return;
            request.Replies[server.Index] = reply;
            request.Vote(server.Index, what);
        }

        private static void Acknowledge(Server server) => server.Next++;

        private void Disconnect(Server server)
        {
            if (!server.IsConnected)
                return;
            if (server.InParts is not null && server.Fate == LargeReplyFate.Stream)
            {
                var request = _requests[server.Next];
                request.Torn = server.InParts;
                _parts.Streams.Tear(server.Voter, request.Number);
                _figures.Torn++;
                Assert.True(request.Client!.IsTorn);
            }

            if (server.Collected is { } collected)
                _parts.Memory.Give(collected);
            server.InParts = null;
            server.Collected = null;
            server.IsConnected = false;
            Withdraw(server, unlessLast: false);
        }

        private void Withdraw(Server server, bool unlessLast)
        {
            server.IsCurrent = false;
            _parts.Voting.Withdrew(server.Voter, server.Next, unlessLast);
            foreach (var request in _requests.Skip(server.Next).Where(request => request.IsPending(server.Index)))
            {
                // One that only stalls is waited for where all others are gone.
                if (!unlessLast || request.Votes.Count(vote => !vote.Spoke) < request.Voters.Length - 1)
                    request.Vote(server.Index, '-');
            }

            _figures.Withdrawals++;
        }

        private void Close(AnsweredClient client)
        {
            client.Close(_parts.Answers);
            _clients.Remove(client);
            _closed.Add(client);
            _figures.Left++;
        }

        private void Check()
        {
            CheckKept();
            for (int i = _clients.Count - 1; i >= 0; i--)
            {
                // A torn client is closed, sooner or later.
                if (_clients[i].IsTorn && _random.Next(4) == 0)
                    Close(_clients[i]);
            }

            foreach (var client in _clients.Where(client => !client.IsTorn))
            {
                // Who has been answered by all it asked waits for nothing.
                var waiting = _asked[client].OfType<AskedRequest>().FirstOrDefault(request => !request.IsComplete || IsStreaming(request));
                if (waiting is null)
                    Assert.Equal(-1, client.FirstPending);
                else
                    Assert.True(client.FirstPending == -1 || client.FirstPending >= waiting.Number);
                if (client.FirstPending == -1)
                    Assert.Equal(0, client.Owed);
            }
        }

        /// <summary>No slot keeps more replies than its policy may still mean.</summary>
        private void CheckKept()
        {
            for (long number = _parts.Ring.Base; number < _parts.Ring.Next; number++)
            {
                if (!_parts.Ring.Holds(number))
                    continue;
                ref var slot = ref _parts.Ring[number];
                int most = slot.Voters!.Count;
                if (slot.IsDecided || _policy is not AllReplies)
                    most = !slot.IsDecided && _policy is MajorityReply && slot.Class != ReplyClass.Own ? (most + 1) / 2 : 1;
                int kept = 0;
                for (var at = slot.Kept; at is not null; at = at.Next)
                    kept++;
                Assert.InRange(kept, 0, most);
            }
        }

        private bool IsStreaming(AskedRequest request) => Array.Exists(_servers, server =>
            server.InParts is not null && server.Fate == LargeReplyFate.Stream && server.Next == request.Number);

        private void End()
        {
            _spent.GiveBack();
            foreach (var server in _servers)
            {
                if (_random.Next(3) == 0)
                    Disconnect(server);
                server.IsConnected = true;
                while (server.Next < _requests.Count)
                    TakeReply(server);
                Check();
            }

            foreach (var client in _clients.Concat(_closed))
                CheckReceived(client);
            foreach (var client in _clients)
                client.Close(_parts.Answers);
            Assert.Equal(0, _parts.Ring.Count);
            Assert.Equal(0, _parts.Memory.Outstanding);
            Assert.Equal(0, _parts.Memory.KeptBytes);
            Assert.Empty(_parts.Pool.DescribeOutstanding());
        }

        /// <summary>Each answer is there, or the error in its place, up to where the client left or was torn.</summary>
        private void CheckSome(AnsweredClient client)
        {
            string received = AnswersModel.Simplified(client.Received);
            HashSet<int> ends = [0];
            foreach (object asked in _asked[client])
            {
                if (client.IsTorn && (ends.Contains(received.Length) || asked is AskedRequest { Torn: not null }))
                    return;
                string[] answers = asked switch
                {
                    // One that gets all may have lost any of them.
                    AskedRequest when _policy is AllReplies => [],
                    AskedRequest request => [AnswersModel.AnswerTo(request, _policy).Bytes, AnswersModel.OwnError],
                    _ => [(string)asked],
                };
                if (answers.Length == 0)
                    return;
                ends = [.. ends.SelectMany(end => answers.Where(answer => string.CompareOrdinal(received, end, answer, 0, answer.Length) == 0).Select(answer => end + answer.Length))];
                Assert.True(ends.Count > 0 || client.IsTorn, "an answer that is none of its");
            }

            Assert.True(client.IsTorn || ends.Contains(received.Length));
        }

        private void CheckReceived(AnsweredClient client)
        {
            var expected = new StringBuilder();
            var settled = new List<(int, bool)>();
            foreach (object asked in _asked[client])
            {
                if (asked is not AskedRequest request)
                {
                    expected.Append((string)asked);
                    continue;
                }

                if (request.Torn is { } torn)
                {
                    expected.Append(torn.AsSpan(0, torn.Length - 1));
                    break;
                }

                var (bytes, refused) = AnswersModel.AnswerTo(request, _policy);
                expected.Append(bytes);
                if (request.Selects >= 0)
                    settled.Add((request.Selects, !refused));
            }

            if (_isTight)
            {
                CheckSome(client);
                return;
            }

            // Who left, or was torn from its answers, had them from the first on and in their order; nobody ever has the end of a torn one.
            string received = AnswersModel.Simplified(client.Received);
            if (client.IsTorn)
            {
                Assert.StartsWith(received, expected.ToString(), StringComparison.Ordinal);
                return;
            }

            Assert.Equal(expected.ToString(), received);
            Assert.Equal(settled, client.Settled);
        }
    }
}
