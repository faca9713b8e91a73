using System.Text;
using Dynode.Broadcast.Framed;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Log;
using Dynode.Protocols.Policies;
using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Framed.Answers;

/// <summary>
/// Random histories of servers that answer each at its pace and clients that take each at theirs, with memory for few replies: servers
/// are read where <see cref="ReplyPacing"/> lets them be.
/// </summary>
public sealed class ReplyPacingModelTests
{
    private const int Histories = 120;
    private const int RequestsMax = 300;
    private const int ReplyBytesMax = 24_000;

    /// <summary>What one read brings at most of a reply that does not fit into it.</summary>
    private const int PartBytes = 8_000;

    public static TheoryData<string> Policies => ["all", "fastest", "primary", "majority", "every"];

    [Theory]
    [MemberData(nameof(Policies))]
    public void Servers_are_read_no_further_than_there_is_memory_somebody_always_is_and_every_client_gets_its_answers(string reply) => Seed.Run(random =>
    {
        var policy = Speech.PolicyOf(Enum.Parse<Dynode.Broadcast.Plane.FramedReply>(reply, ignoreCase: true));
        var figures = new Figures();
        for (int i = 0; i < Histories; i++)
            new History(random, policy, figures).Run();
        TestContext.Current.TestOutputHelper?.WriteLine($"{reply}: {figures}");
        Assert.True(figures.Read > 0);
        Assert.True(figures.HeldBack > 0);
    });

    private sealed record Figures
    {
        public int Read { get; set; }

        public int HeldBack { get; set; }

        public int KeptMuch { get; set; }

        public int Streamed { get; set; }
    }

    private sealed class Server(Voter voter)
    {
        public Voter Voter => voter;

        public int Next { get; set; }

        /// <summary>Of a reply in parts.</summary>
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
        private readonly AnsweredClient[] _clients;
        private readonly List<(AnsweredClient Client, string Reply)> _requests = [];
        private readonly int _lengthMax;
        private int _still;

        public History(Random random, IReplyPolicy policy, Figures figures)
        {
            (_random, _policy, _figures) = (random, policy, figures);
            _parts = new FramedParts(policy, servers: random.Next(1, 5), slotsMax: 1_024, memoryMax: 2 << 20);
            _servers = [.. _parts.Servers.Select(voter => new Server(voter))];
            _clients = [.. Enumerable.Range(0, random.Next(1, random.Next(3) == 0 ? RequestsMax : 40)).Select(_ => new AnsweredClient { WaitingMax = random.Next(3) == 0 ? 10_000 : 40_000 })];
            _still = random.Next(-1, _servers.Length);
            _lengthMax = random.Next(3) == 0 ? 700 : random.Next(100, ReplyBytesMax);
        }

        public void Run()
        {
            for (int left = _random.Next(1, RequestsMax * 8); left > 0; left--)
            {
                if (_random.Next(3) == 0 && _requests.Count < RequestsMax)
                    Ask();
                else if (_random.Next(4) == 0)
                    _clients[_random.Next(_clients.Length)].Take(_random.Next(1, 60_000));
                else
                    TryRead(_servers[_random.Next(_servers.Length)]);
                Check();
            }

            _still = -1;
            while (Array.Exists(_servers, server => server.Next < _requests.Count))
            {
                TryRead(_servers[_random.Next(_servers.Length)]);
                if (_random.Next(8) == 0)
                    _clients[_random.Next(_clients.Length)].Take(_random.Next(1, 60_000));
                Check();
            }

            foreach (var client in _clients)
            {
                int copies = _policy is AllReplies ? _servers.Length : 1;
                string expected = string.Concat(_requests.Where(request => request.Client == client).SelectMany(request => Enumerable.Repeat(request.Reply, copies)));
                Assert.False(client.IsTorn);
                Assert.Equal(expected, client.Received);
                Assert.Equal(0, client.Owed);
            }

            Assert.Equal(0, _parts.Ring.Count);
            Assert.Equal(0, _parts.Memory.Outstanding);
            Assert.Equal(0, _parts.Memory.KeptBytes);
            Assert.Empty(_parts.Pool.DescribeOutstanding());
        }

        private void Ask()
        {
            var client = _clients[_random.Next(_clients.Length)];
            int length = _random.Next(4) == 0 ? _random.Next(1, 40) : _random.Next(1, _lengthMax);
            _requests.Add((client, $"a{_requests.Count}.{new string('a', length)}\n"));
            long number = _parts.Ring.Open(_parts.Voters([.. Enumerable.Range(0, _servers.Length)]));
            _parts.Answers.Enter(client, number);
            _parts.Voting.Opened(number);
        }

        /// <summary>As the reader of a connection does it, reply by reply and part by part.</summary>
        private void TryRead(Server server)
        {
            if (server.Next == _requests.Count || Array.IndexOf(_servers, server) == _still)
                return;
            if (IsHeldBack(server))
            {
                _figures.HeldBack++;
                return;
            }

            _figures.Read++;
            byte[] reply = Encoding.ASCII.GetBytes(_requests[server.Next].Reply);
            if (reply.Length <= PartBytes)
            {
                _parts.Voting.Replied(server.Voter, server.Next, reply, null, isError: false, hash: 1);
                server.Next++;
                return;
            }

            if (server.Taken == 0)
                Begin(server);
            var part = reply.AsSpan(server.Taken, Math.Min(PartBytes, reply.Length - server.Taken));
            if (server.Fate == LargeReplyFate.Stream)
                _parts.Streams.Stream(server.Next, part);
            else if (server.Collected is { IsLost: false } kept)
                Assert.True(_parts.Memory.TryKeep(kept, part), "no memory for what was read");
            server.Taken += part.Length;
            if (server.Taken == reply.Length)
                Complete(server);
        }

        private void Begin(Server server)
        {
            server.Fate = _parts.Streams.Begin(server.Voter, server.Next, isError: false);
            if (server.Fate == LargeReplyFate.Collect)
                server.Collected = _parts.Memory.Take();
            else if (server.Fate == LargeReplyFate.Stream)
                _figures.Streamed++;
        }

        private void Complete(Server server)
        {
            if (server.Fate == LargeReplyFate.Stream)
                _parts.Streams.Streamed(server.Voter, server.Next, hash: 1);
            else
                _parts.Voting.Replied(server.Voter, server.Next, default, server.Collected ?? _parts.Memory.Lost(), isError: false, hash: 1);
            (server.Collected, server.Taken) = (null, 0);
            server.Next++;
        }

        private bool IsHeldBack(Server server) =>
            _parts.Pacing.MustWait(server.Voter, server.Next, isStreaming: server.Taken > 0 && server.Fate == LargeReplyFate.Stream);

        private void Check()
        {
            long share = _parts.Pool.ShareBytesMax(MemoryShare.Replies);
            _figures.KeptMuch += _parts.Memory.KeepsMuch ? 1 : 0;

            // Each server may have read one reply that was too much, and the oldest one is read in any case.
            Assert.InRange(_parts.Memory.KeptBytes, 0, (share / 4) + (_servers.Length * 32_768L));
            Assert.Empty(_parts.Asked);
            foreach (var client in _clients)
                Assert.InRange(client.Untaken + client.Owed, 0, client.WaitingMax + (_servers.Length * 2 * ReplyBytesMax) + (share / 4));
            if (Array.TrueForAll(_clients, client => client.Untaken == 0) && Array.Exists(_servers, server => server.Next < _requests.Count))
                Assert.True(Array.Exists(_servers, server => server.Next < _requests.Count && !IsHeldBack(server)), "all wait for each other");
        }
    }
}
