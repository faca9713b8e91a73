using System.Collections.Immutable;
using Dynode.Broadcast.Framed.Regions;
using Dynode.Protocols;
using Dynode.Streams.Regions;

namespace Dynode.UnitTests.Broadcast.Framed.Regions;

/// <summary>One request of the stream, and what servers with the right data reply to it.</summary>
/// <param name="Class">How it is compared.</param>
/// <param name="Replies">0: servers do not answer.</param>
/// <param name="Right">By which the right reply is compared.</param>
/// <param name="IsOfProtocol">It is another one in the other protocol.</param>
internal readonly record struct ModelRequest(ReplyClass Class, int Replies, uint Right, bool IsOfProtocol)
{
    public bool IsCompared => Replies > 0 && Class != ReplyClass.Own;
}

/// <summary>One entry of the stream.</summary>
internal readonly record struct ModelEntry(ulong Number, ulong Hash, bool Counts, ImmutableArray<ModelRequest> Requests);

/// <summary>One region: its log, with requests of its own between those of the stream, and its servers, which lag, lose connections, repeat, skip, fill up and miss.</summary>
internal sealed class RegionsModel
{
    private readonly Random _random;
    private readonly IReadOnlyList<ModelEntry> _stream;
    private readonly HashSet<uint> _wrong;
    private readonly List<(ModelRequest? Request, ulong Range)> _log = [];
    private readonly List<Server> _servers = [];
    private readonly Func<int> _protocol;
    private RangeBook _book = new();
    private int _at;

    /// <param name="random">All chance.</param>
    /// <param name="stream">All of it.</param>
    /// <param name="wrong">The right replies that this region's servers do not give: their data are not the same.</param>
    /// <param name="servers">So many.</param>
    /// <param name="protocol">In which the next reply is.</param>
    public RegionsModel(Random random, IReadOnlyList<ModelEntry> stream, HashSet<uint> wrong, int servers, Func<int> protocol)
    {
        (_random, _stream, _wrong, _protocol) = (random, stream, wrong, protocol);
        for (int i = 0; i < servers; i++)
            _servers.Add(new Server(_book));
    }

    /// <summary>What is told to others.</summary>
    public RangeComparison Told { get; } = new();

    /// <summary>Ranges in which something happened to a server, or to all of them.</summary>
    public HashSet<ulong> Disturbed { get; } = [];

    /// <summary>All entries are placed, and all servers have all of them.</summary>
    public bool IsOver => _at == _stream.Count && _servers.TrueForAll(server => server.IsOpen && server.Next == _log.Count);

    public void Place(int entries)
    {
        for (; entries > 0 && _at < _stream.Count; entries--)
        {
            var entry = _stream[_at++];
            if (!entry.Counts)
                continue;
            _book.Begin(entry.Number, entry.Hash, _log.Count);
            foreach (var request in entry.Requests)
            {
                // A read that is this region's alone.
                if (_random.Next(4) == 0)
                    _log.Add((null, 0));
                _book.Placed(request.Class, request.Replies);
                _log.Add((request, RangeReplies.FirstOf(entry.Number)));
            }
        }
    }

    /// <summary>A range ends, all of it is answered, and of the next one a little is on its way: where what happens then is hardest to tell from nothing.</summary>
    public void ComeToARangesBegin()
    {
        Place(1);
        while (_at < _stream.Count && _stream[_at].Number % RangeReplies.Length != 0)
            Place(1);
        foreach (var server in _servers)
        {
            while (server.IsOpen && server.Next < _log.Count)
                AnswerSome(server, int.MaxValue);
        }

        Tell();
        Place(1 + _random.Next(20));
    }

    /// <summary>A server answers some of what it has been sent.</summary>
    public void Answer(int requests)
    {
        var server = _servers[_random.Next(_servers.Count)];
        while (server.IsOpen && requests > 0 && server.Next < _log.Count)
            requests -= AnswerSome(server, requests);
    }

    /// <summary>Something happens.</summary>
    public void Disturb()
    {
        var server = _servers[_random.Next(_servers.Count)];
        switch (_random.Next(5))
        {
            case 0 when server.IsOpen:
                Disturb(server);
                server.Tally.Close();
                (server.IsOpen, server.Doubtful) = (false, _random.Next(server.Next, _log.Count + 1));
                break;
            case 1 when server.IsOpen && server.Next < _log.Count:
                // Dropped for it.
                Disturb(server);
                server.Next++;
                break;
            case 2:
                Disturb(server);
                server.HasGap = !server.HasGap;
                server.Tally.Missed(server.HasGap);
                break;
            case 3:
                Disturb(server);
                server.IsFull = !server.IsFull;
                break;
            default:
                Restart();
                break;
        }
    }

    public void Mend()
    {
        foreach (var server in _servers)
        {
            Open(server);
            if (server.HasGap)
            {
                Disturb(server);
                server.Tally.Missed(server.HasGap = false);
            }

            if (server.IsFull)
                Disturb(server);
            server.IsFull = false;
        }
    }

    /// <summary>What is known now is told.</summary>
    public void Tell()
    {
        foreach (var server in _servers)
        {
            while (server.Tally.TryTake(out var told))
                Told.TryAdd(told);
        }
    }

    private int AnswerSome(Server server, int max)
    {
        int number = server.Next;
        if (server.HasGap || server.IsFull)
            Disturbed.Add(_log[number].Range);
        if (_log[number].Request is not { IsCompared: true } request)
        {
            server.Next++;
            return 1;
        }

        int protocol = _protocol();
        uint hash = request.IsOfProtocol ? request.Right + (uint)protocol : request.Right;
        bool isLost = number < server.Doubtful || server.HasGap || server.IsFull;
        if (isLost || _wrong.Contains(request.Right))
            hash ^= (uint)_random.Next(2);

        // It is full, and says so; or was, when it did that first.
        var form = server.IsFull ? ReplyForm.OfState : request.IsOfProtocol ? ReplyForm.OfProtocol : ReplyForm.Plain;
        if (_wrong.Contains(request.Right) && !isLost)
            hash = ~hash;

        // The same one may come many times in a row.
        int count = 1;
        while (!isLost && !request.IsOfProtocol && count < max && number + count < _log.Count && _log[number + count].Request is { IsOfProtocol: false } next && next.IsCompared
            && next.Right == request.Right && number + count >= server.Doubtful)
        {
            count++;
        }

        server.Tally.Add(number, count, hash, form, protocol);
        server.Next += count;
        return count;
    }

    private void Open(Server server)
    {
        if (server.IsOpen)
            return;

        // What the log holds by now may have been sent before.
        Disturb(server);
        server.IsOpen = true;
        server.Tally.Open();
    }

    private void Restart()
    {
        // It goes on behind some entry. What is whole has been said, as it is each second.
        Tell();
        int from = Math.Min(_at + _random.Next(50), _stream.Count);
        for (int i = Math.Max(0, _at - 1); i < _stream.Count; i++)
        {
            Disturbed.Add(RangeReplies.FirstOf(_stream[i].Number));

            // The first that it reads: of its range there may have been others before.
            if (i >= from && _stream[i].Counts)
                break;
        }

        foreach (var server in _servers)
            Disturb(server);
        _at = from;
        _log.Clear();
        _book = new RangeBook();
        for (int i = 0; i < _servers.Count; i++)
        {
            _servers[i] = new Server(_book);
            Open(_servers[i]);
        }
    }

    /// <summary>From what it was compared by last to what it may have been sent.</summary>
    private void Disturb(Server server)
    {
        int from = Math.Min(server.Next, _log.Count) - 1;
        while (from > 0 && _log[from].Request is not { IsCompared: true })
            from--;
        for (int number = Math.Max(0, from); number < _log.Count; number++)
            Disturbed.Add(_log[number].Range);
        for (int i = Math.Max(0, _at - 1); i <= _at && i < _stream.Count; i++)
            Disturbed.Add(RangeReplies.FirstOf(_stream[i].Number));
    }

    private sealed class Server(RangeBook book)
    {
        public ReplyTally Tally { get; } = new(book);

        public int Next { get; set; }

        /// <summary>Requests below it may be done twice.</summary>
        public int Doubtful { get; set; }

        public bool IsOpen { get; set; }

        public bool HasGap { get; set; }

        public bool IsFull { get; set; }
    }
}
