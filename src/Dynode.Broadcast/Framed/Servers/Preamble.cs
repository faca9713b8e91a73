using System.Buffers;
using System.Collections.Immutable;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// What a new server connection says before the log's requests, one by one, each reply waited for: the protocol's steps, then what makes
/// the database and the protocol those in force where the log goes on, should they not be the first ones. In turns only.
/// </summary>
/// <param name="protocol">What is spoken.</param>
/// <param name="settings">What it is told.</param>
/// <param name="begin">What is asked about the watermark of a server that does each request exactly once; null: it is sent the log as it is.</param>
/// <param name="owner">What is asked about who delivers to one that is; null: nothing.</param>
internal sealed class Preamble(IProtocol protocol, ProtocolSettings settings, OnceBegin? begin = null, OwnerBegin? owner = null)
{
    private readonly ImmutableArray<PreambleStep> _steps = protocol.Preamble(settings);
    private readonly HashSet<NotNowCause> _knows = [];
    private readonly List<string> _unknown = [];
    private readonly IServerBegin? _begin = (IServerBegin?)begin ?? owner;
    private InForce _has = InForce.First;
    private RequestTag _asked;
    private int _askedDatabase;
    private byte[]? _refusal;
    private int _next;
    private bool _isBeginning;

    /// <summary>Of what the server has shown to be free.</summary>
    public IReadOnlyCollection<NotNowCause> Knows => _knows;

    /// <summary>What it has not told, for the operator; empty: nothing.</summary>
    public string Unknown => string.Join(", nor ", _unknown);

    /// <summary>The protocol that it speaks.</summary>
    public byte Protocol => _has.Protocol;

    /// <summary>What it said of itself; null: nothing.</summary>
    public ServerTraits? Traits { get; private set; }

    private int ProtocolMax => Traits?.ProtocolMax ?? RequestVerdict.FirstProtocol;

    /// <summary>The database that the server is in, and whether it has refused the one in force.</summary>
    /// <param name="database">In force where the log goes on.</param>
    public Selection Selection(int database) => new(_has.Database, database == _askedDatabase && database != _has.Database ? _refusal : null);

    /// <summary>The watermark that lies at the server; null: none, or it refuses one for now.</summary>
    public byte[]? Mark => begin?.Mark;

    /// <summary>The next request.</summary>
    /// <param name="inForce">Where the log goes on; an unknown database: what comes there selects one.</param>
    /// <param name="request">It.</param>
    /// <returns>False: the server is ready.</returns>
    public bool TryNext(InForce inForce, out ReadOnlyMemory<byte> request)
    {
        if (_next < _steps.Length)
        {
            request = _steps[_next++].Request;
            return true;
        }

        _isBeginning = _begin is not null && _begin.TryNext();
        if (_isBeginning)
        {
            request = _begin!.Request;
            return true;
        }

        // Where batches go into their databases by themselves the connection stays in the first one.
        if (begin is not null)
            inForce = inForce with { Database = InForce.Unknown };

        // What is in force may have changed while its reply was waited for: what was dropped meanwhile is not sent.
        _next = _steps.Length + 1;
        var own = new ArrayBufferWriter<byte>();
        if (inForce.Database != InForce.Unknown && inForce.Database != _askedDatabase && inForce.Database != _has.Database)
        {
            _asked = RequestTag.Of(RequestKind.Select, inForce.Database);
            _askedDatabase = inForce.Database;
            protocol.WriteSelect(own, inForce.Database);
        }
        else if (inForce.Protocol != Protocol && inForce.Protocol <= ProtocolMax)
        {
            _asked = RequestTag.Of(RequestKind.Protocol, inForce.Protocol);
            protocol.WriteProtocol(own, inForce.Protocol);
        }

        request = own.WrittenMemory;
        return !request.IsEmpty;
    }

    /// <summary>
    /// What is wrong with the server, by its reply to the request given last; null: nothing. That it refuses a database, or the newer protocol,
    /// is no fault.
    /// </summary>
    public string? Fault(ReadOnlySpan<byte> reply)
    {
        if (_isBeginning)
            return _begin!.Fault(reply);
        var kind = protocol.Classify(reply[..Math.Min(IProtocol.ReplyHeadBytesMax, reply.Length)]);
        if (kind == ReplyKind.Push)
            return UnaskedText.Of(protocol, reply);
        if (_next <= _steps.Length)
            return FaultOfStep(_steps[_next - 1], reply.ToArray());
        if (kind == ReplyKind.NotNow)
            return ReplyText.Printable(reply);
        if (kind == ReplyKind.Normal)
        {
            _has = _has.After(_asked);
            return null;
        }

        if (_asked.Kind == RequestKind.Select)
        {
            _refusal = reply.ToArray();
            return null;
        }

        // It does without, where it can.
        Traits = Traits! with { ProtocolMax = RequestVerdict.FirstProtocol };
        return Protocol == RequestVerdict.FirstProtocol ? null : SpokenProtocol.RefusalOf(_asked.Named, reply);
    }

    private string? FaultOfStep(PreambleStep step, byte[] reply)
    {
        if (step.Fault(reply) is { } fault)
            return fault;
        if (step.Traits is not null)
            Traits = step.Traits(reply) ?? Traits;
        if (step.Unknown(reply) is { } unknown)
            _unknown.Add(unknown);
        else
            _knows.UnionWith(step.Disproves);
        return null;
    }
}
