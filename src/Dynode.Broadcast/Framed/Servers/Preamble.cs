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
    private int _next;

    /// <summary>The one that the server has selected.</summary>
    public int Database { get; private set; }

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
        if (database < 0 || database == Database)
            return false;
        var select = new ArrayBufferWriter<byte>();
        protocol.WriteSelect(select, database);
        request = select.WrittenMemory;
        Database = database;
        return true;
    }

    /// <summary>What is wrong with the server, by its reply to the request given last; null: nothing.</summary>
    public string? Fault(ReadOnlySpan<byte> reply)
    {
        if (_next <= _steps.Length)
        {
            var (step, whole) = (_steps[_next - 1], reply.ToArray());
            string? fault = step.Fault(whole);
            if (fault is null && step.Traits is not null)
                Traits = step.Traits(whole) ?? Traits;
            return fault;
        }

        return protocol.Classify(reply[..Math.Min(64, reply.Length)]) == ReplyKind.Normal
            ? null
            : $"refuses database {Database}: {ReplyMatcher.Printable(reply)}";
    }
}
