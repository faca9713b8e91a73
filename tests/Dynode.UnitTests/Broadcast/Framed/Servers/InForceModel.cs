using System.Globalization;
using System.Text;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Framed.Servers;
using Dynode.Log;
using Dynode.Protocols;
using Dynode.Protocols.Policies;
using Dynode.Protocols.Redis;
using Dynode.UnitTests.Broadcast.Framed.Answers;

namespace Dynode.UnitTests.Broadcast.Framed.Servers;

/// <summary>
/// One server's connections over the real log, window, matcher and votes, without a socket: requests go out as far as they may, replies
/// come when chance wants it, and a connection may be lost at any time. The server runs what it gets and answers each request with
/// the protocol that it speaks at that moment.
/// </summary>
internal sealed class InForceModel : IElection
{
    private readonly FramedParts _shared = new(PrimaryReply.Instance, servers: 0, slotsMax: 4096);
    private readonly SharedLog _log;
    private readonly ServerParts _parts;
    private readonly FramedDelivery _delivery;
    private readonly Random _random;
    private readonly Func<int, bool> _mayHello;
    private readonly HashSet<int> _databases;
    private readonly SendWindow _window;
    private readonly Queue<string> _replies = new();
    private readonly List<byte> _taken = [];
    private ReplyMatcher? _matcher;
    private int _database;
    private int _protocol;

    /// <param name="random">Chance.</param>
    /// <param name="databases">Those but 0 that the server lets itself be asked for.</param>
    /// <param name="mayHello">Whether it does what HELLO asks now.</param>
    public InForceModel(Random random, HashSet<int> databases, Func<int, bool> mayHello)
    {
        (_random, _databases, _mayHello) = (random, databases, mayHello);
        _log = new SharedLog(_shared.Pool, new RedisProtocol());
        _parts = new ServerParts(_shared.Plane, new RedisProtocol(), new FramingInForce(_shared.Plane), null!, _log, _shared.Ring, _shared.Voting, _shared.Streams, _shared.Memory, _shared.Pacing, null!, null!, new Durations(), false);
        Assert.True(BackendAddress.TryParse("127.0.0.1:1", out var address, out _));
        _delivery = new FramedDelivery(_parts, this, new Backend(address!, _shared.Plane, NameLookups.OfSystem(1)), 0);
        _window = new SendWindow(_delivery);
    }

    /// <summary>What the server ran: the client's own number of the request, and in which database.</summary>
    public List<(int Id, int Database)> Ran { get; } = [];

    /// <summary>By that number: who waits for it.</summary>
    public List<AnsweredClient> Clients { get; } = [];

    /// <summary>Everything is answered.</summary>
    public bool IsDone => _delivery.Cursor.Position == _log.Log.Tail;

    /// <summary>It would not go back to the first protocol, or was told to end.</summary>
    public int Lost { get; private set; }

    /// <inheritdoc/>
    public void Reelect()
    {
    }

    /// <inheritdoc/>
    public bool IsOutrun(FramedDelivery delivery) => false;

    /// <summary>A client's request enters the log.</summary>
    public void Append(int database, byte protocol, bool isSeen)
    {
        byte[] request = Encoding.ASCII.GetBytes($"*2\r\n$3\r\nRUN\r\n$4\r\n{Clients.Count:D4}\r\n");
        Assert.True(_log.TryAppend(new RequestVerdict { Database = database, Protocol = protocol }, isSeen, false, request, default, null));
        while (_shared.Ring.Next < _log.Next - 1)
            _shared.Ring.Pass();
        Clients.Add(new AnsweredClient());
        byte inForce = _log.InForce.Protocol;
        long number = _shared.Ring.Open(_delivery.Voter.Speaks(inForce) ? new VoterSet([_delivery.Voter], [_delivery.Voter]) : new VoterSet([], [_delivery.Voter]));
        _shared.Ring[number].Protocol = inForce;
        if (!isSeen)
        {
            _shared.Ring[number].IsDecided = true;
            return;
        }

        _shared.Answers.Enter(Clients[^1], number);
        _shared.Voting.Opened(number);
    }

    /// <summary>A client's own SELECT enters the log.</summary>
    public void Select(int database)
    {
        byte[] request = Encoding.ASCII.GetBytes($"*2\r\n$6\r\nSELECT\r\n$1\r\n{database}\r\n");
        Assert.True(_log.TryAppend(new RequestVerdict { Database = 0, Selects = database }, true, false, request, default, null));
        while (_shared.Ring.Next < _log.Next)
            _shared.Ring.Pass();
    }

    /// <summary>One moment of its connection.</summary>
    public void Step()
    {
        if (_matcher is null)
        {
            Connect();
            return;
        }

        _matcher.RefuseWaiting(_window, _log.Log.Tail, 0);
        bool owes = _delivery.Cursor.Position < _window.Position;
        if (_matcher.Fault is not null && !owes)
        {
            Lose();
            return;
        }

        long limit = _window.Limit(_log.Log.Tail, _matcher, isAlone: false, isInDoubt: false);
        while (_window.Position < limit && _random.Next(4) > 0 && _window.TryRead(out var bytes, out _))
        {
            var some = bytes.Span[..(int)Math.Min(limit - _window.Position, _random.Next(1, 80))];
            some = some[..Math.Min(some.Length, bytes.Length)];
            _window.Skip(some.Length);
            _taken.AddRange(some);
            Serve();
        }

        while (_replies.Count > 0 && _random.Next(3) > 0)
        {
            if (_matcher.MayTake(_window.Position) != MatchOutcome.Matched)
            {
                Assert.Fail("a reply that no request waits for");
                return;
            }

            Assert.Equal(MatchOutcome.Matched, _matcher.Take(new ReplyPart { Bytes = Encoding.ASCII.GetBytes(_replies.Dequeue()), IsFirst = true, IsLast = true }, 0));
        }
    }

    /// <summary>The connection ends, between two requests that were answered: what is in flight would be sent again.</summary>
    public void LoseIfQuiet()
    {
        if (_matcher is not null && _replies.Count == 0 && _delivery.Cursor.Position == _window.Position)
            Lose();
    }

    private void Lose()
    {
        Lost++;
        _shared.Voting.Withdrew(_delivery.Voter, _matcher!.Number);
        _matcher = null;
        _replies.Clear();
        _taken.Clear();
    }

    private void Connect()
    {
        (_database, _protocol) = (0, 2);
        var preamble = new Preamble(_parts.Protocol, new ProtocolSettings());
        while (preamble.TryNext(_delivery.InForce, out var request))
        {
            _taken.AddRange(request.Span);
            Serve();
            Assert.Null(preamble.Fault(Encoding.ASCII.GetBytes(_replies.Dequeue())));
        }

        // Window and matcher of its own: those that the delivery has go with a socket.
        _delivery.Opened(preamble, 0);
        var start = LogScan.At(_log.Log, _delivery.Cursor);
        var selection = preamble.Selection(_delivery.InForce.Database);
        _window.Open(start, selection);
        _matcher = new ReplyMatcher(_delivery, _parts, start, selection, new SpokenProtocol(preamble.Protocol, _delivery.InForce.Protocol), preamble.Knows);
    }

    /// <summary>What the server does with what it has got, request by request.</summary>
    private void Serve()
    {
        while (true)
        {
            string text = Encoding.ASCII.GetString([.. _taken]);
            string[] lines = text.Split("\r\n");
            int count = lines[0].Length > 1 && lines.Length > 1 ? int.Parse(lines[0].AsSpan(1), CultureInfo.InvariantCulture) : 0;
            if (count == 0 || lines.Length < 2 + (2 * count))
                return;
            string[] words = [.. Enumerable.Range(0, count).Select(i => lines[2 + (2 * i)])];
            _taken.RemoveRange(0, lines.Take(1 + (2 * count)).Sum(line => line.Length + 2));
            _replies.Enqueue(Answer(words));
        }
    }

    private string Answer(string[] words)
    {
        switch (words[0])
        {
            case "PING":
                return "+PONG\r\n";
            case "INFO":
                return _protocol == 3 ? "=15\r\ntxt:role:master\r\n" : "$11\r\nrole:master\r\n";
            case "SELECT":
                int database = int.Parse(words[1], CultureInfo.InvariantCulture);
                if (database != 0 && !_databases.Contains(database))
                    return "-NOPERM not this one\r\n";
                _database = database;
                return "+OK\r\n";
            case "HELLO":
                int protocol = int.Parse(words[1], CultureInfo.InvariantCulture);
                if (!_mayHello(protocol))
                    return "-NOPROTO unsupported protocol version\r\n";
                _protocol = protocol;
                return protocol == 3 ? "%1\r\n$7\r\nversion\r\n$5\r\n7.0.0\r\n" : "*2\r\n$7\r\nversion\r\n$5\r\n7.0.0\r\n";
            default:
                Ran.Add((int.Parse(words[1], CultureInfo.InvariantCulture), _database));
                return _protocol == 3 ? "_\r\n" : "$-1\r\n";
        }
    }
}
