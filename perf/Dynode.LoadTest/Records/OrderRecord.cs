using Dynode.LoadTest.Requests;

namespace Dynode.LoadTest.Records;

/// <summary>
/// For the framed protocols, where every server gets the requests of all clients in one order: that of the ledger, which one server
/// defines by what it receives. A connection may begin earlier (a repeat) or later (what lies between is missed); from there on it
/// follows the ledger. What is ahead of the ledger waits until it can be compared. Guarded by the ledger's lock.
/// </summary>
internal sealed class OrderRecord : IServerRecord
{
    private readonly OrderLedger _ledger;
    private readonly IRequestFormat _format;
    private readonly Dictionary<int, long>? _clients;
    private readonly Dictionary<int, long> _left = [];
    private readonly Queue<(Connection From, ulong Entry)> _ahead = new();
    private RecordCounts _counts = new();
    private long _first = -1;
    private long _soughtTo;

    /// <param name="ledger">The order.</param>
    /// <param name="format">What was sent.</param>
    /// <param name="defines">This server's order is that of the ledger; it loses no connection, and must hold each client's order.</param>
    public OrderRecord(OrderLedger ledger, IRequestFormat format, bool defines)
    {
        _ledger = ledger;
        _format = format;
        _clients = defines ? [] : null;
        lock (ledger.Lock) ledger.Join(this);
    }

    public RecordCounts Counts
    {
        get
        {
            lock (_ledger.Lock)
            {
                Compare();
                return _counts;
            }
        }
    }

    /// <summary>Up to where it has been compared with the ledger. Under its lock.</summary>
    public long Compared => _first < 0 ? long.MaxValue : _counts.Reached;

    public IConnectionRecord Begin() => new Connection(this);

    public void ClientLeft(int client, long sent)
    {
        lock (_ledger.Lock)
        {
            if (_clients is null) return;
            _left[client] = sent;
            Forget(_clients, client);
        }
    }

    public string? LacksUpTo(IReadOnlyDictionary<int, long> counts)
    {
        lock (_ledger.Lock)
        {
            Compare();
            _ledger.Leave(this);
            return _ledger.TryFindFirst(_counts.Reached, _ledger.End, entry => OrderLedger.SequenceOf(entry) < CountOf(counts, entry, 0), out ulong? lack)
                ? OrderLedger.Describe(lack.Value)
                : null;
        }
    }

    public string? LacksFrom(IReadOnlyDictionary<int, long> counts)
    {
        lock (_ledger.Lock)
        {
            Compare();
            if (_first < 0) return "all";
            return _ledger.TryFindFirst(0, _first, entry => OrderLedger.SequenceOf(entry) >= CountOf(counts, entry, long.MaxValue), out ulong? lack)
                ? OrderLedger.Describe(lack.Value)
                : null;
        }
    }

    private static long CountOf(IReadOnlyDictionary<int, long> counts, ulong entry, long otherwise) =>
        counts.TryGetValue(OrderLedger.ClientOf(entry), out long count) ? count : otherwise;

    private string? Define(Dictionary<int, long> clients, int client, long sequence)
    {
        long expected = clients.GetValueOrDefault(client);
        if (sequence != expected) return $"behind request {expected - 1} of client {client} came {sequence}";
        clients[client] = sequence + 1;
        Forget(clients, client);
        _ledger.Append(OrderLedger.Entry(client, sequence));
        _first = 0;
        _counts.Reached++;
        _counts.Requests++;
        return null;
    }

    /// <summary>One that has left, and of which all has come.</summary>
    private void Forget(Dictionary<int, long> clients, int client)
    {
        if (_left.TryGetValue(client, out long sent) && clients.GetValueOrDefault(client) == sent && _left.Remove(client)) clients.Remove(client);
    }

    private void Compare()
    {
        while (_counts.Fault is null && _ahead.TryPeek(out (Connection From, ulong Entry) head))
        {
            long position = head.From.Position;
            if (position < 0 && !TryPlace(head.Entry, out position)) return;
            if (position >= _ledger.End) return;
            if (_ledger[position] != head.Entry)
            {
                _counts.Fault = $"number {position} of all is {OrderLedger.Describe(head.Entry)}, and {OrderLedger.Describe(_ledger[position])} at the server that defines the order";
                return;
            }

            _ahead.Dequeue();
            head.From.Position = position + 1;
            if (position < _counts.Reached)
            {
                _counts.Repeated += TallyOf(position);
                continue;
            }

            _counts.Reached = position + 1;
            _counts.Requests++;
        }
    }

    /// <summary>The first request of a connection: where it stands is where the connection begins.</summary>
    private bool TryPlace(ulong entry, out long position)
    {
        position = _counts.Reached;
        if ((position >= _ledger.End || _ledger[position] != entry) && !_ledger.TryFind(entry, _soughtTo, out position))
        {
            _soughtTo = _ledger.End;
            return false;
        }

        _soughtTo = 0;
        _counts.BegunAt = position;
        if (_first < 0)
        {
            // How long the others are may be known no more.
            _first = position;
            _counts.Before = new Tally(position, 0);
            _counts.Reached = position;
        }

        for (; _counts.Reached < position; _counts.Reached++) _counts.Missed += TallyOf(_counts.Reached);
        return true;
    }

    private Tally TallyOf(long position)
    {
        ulong entry = _ledger[position];
        return new Tally(1, _format.Length(OrderLedger.ClientOf(entry), OrderLedger.SequenceOf(entry)));
    }

    private sealed class Connection(OrderRecord server) : IConnectionRecord
    {
        /// <summary>Of its next request, in the ledger; negative: its first has not been found there.</summary>
        public long Position { get; set; } = -1;

        public string? Take(int client, long sequence, int bytes)
        {
            lock (server._ledger.Lock)
            {
                if (server._clients is { } clients)
                {
                    server._counts.Fault ??= server.Define(clients, client, sequence);
                }
                else
                {
                    server._ahead.Enqueue((this, OrderLedger.Entry(client, sequence)));
                    server.Compare();
                }

                return server._counts.Fault;
            }
        }

        public void End(int tornBytes)
        {
            lock (server._ledger.Lock) server._counts.Torn += new Tally(tornBytes > 0 ? 1 : 0, tornBytes);
        }
    }
}
