using System.Buffers;
using System.Collections.Immutable;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// What a new server connection says before the log's requests, one by one, each reply waited for: the protocol's steps, then the
/// database in force where the log goes on, should it not be the first one. In turns only.
/// </summary>
internal sealed class Preamble(IProtocol protocol, ProtocolSettings settings)
{
    private readonly ImmutableArray<PreambleStep> _steps = protocol.Preamble(settings);
    private readonly HashSet<NotNowCause> _knows = [];
    private readonly List<string> _unknown = [];
    private byte[]? _refusal;
    private int _next;
    private int _asked;
    private int _database;

    /// <summary>Of what the server has shown to be free.</summary>
    public IReadOnlyCollection<NotNowCause> Knows => _knows;

    /// <summary>What it has not told, for the operator; empty: nothing.</summary>
    public string Unknown => string.Join(", nor ", _unknown);

    /// <summary>The database that the server is in, and whether it has refused the one in force.</summary>
    /// <param name="database">In force where the log goes on.</param>
    public Selection Selection(int database) => new(_database, database == _asked && database != _database ? _refusal : null);

    /// <summary>What the server has said of itself; null: nothing yet.</summary>
    public ServerTraits? Traits { get; private set; }

    /// <summary>The next request.</summary>
    /// <param name="database">In force where the log goes on; negative: what comes there selects one.</param>
    /// <param name="request">It.</param>
    /// <returns>False: the server is ready.</returns>
    public bool TryNext(int database, out ReadOnlyMemory<byte> request)
    {
        if (_next < _steps.Length)
        {
            request = _steps[_next++].Request;
            return true;
        }

        // What is in force may have changed while its reply was waited for: what was dropped meanwhile is not sent.
        _next = _steps.Length + 1;
        request = default;
        if (database < 0 || database == _asked || database == _database)
            return false;
        var select = new ArrayBufferWriter<byte>();
        protocol.WriteSelect(select, database);
        request = select.WrittenMemory;
        _asked = database;
        return true;
    }

    /// <summary>What is wrong with the server, by its reply to the request given last; null: nothing. A database that it refuses is no fault.</summary>
    public string? Fault(ReadOnlySpan<byte> reply)
    {
        if (_next > _steps.Length)
        {
            var kind = protocol.Classify(reply[..Math.Min(IProtocol.ReplyHeadBytesMax, reply.Length)]);
            if (kind == ReplyKind.NotNow)
                return ReplyText.Printable(reply);
            if (kind == ReplyKind.Normal)
                _database = _asked;
            else
                _refusal = reply.ToArray();
            return null;
        }

        var step = _steps[_next - 1];
        byte[] whole = reply.ToArray();
        if (step.Fault(whole) is { } fault)
            return fault;
        if (step.Traits is not null)
            Traits = step.Traits(whole) ?? Traits;
        if (step.Unknown(whole) is { } unknown)
            _unknown.Add(unknown);
        else
            _knows.UnionWith(step.Disproves);
        return null;
    }
}
