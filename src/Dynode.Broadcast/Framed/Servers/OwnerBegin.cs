using System.Text;
using Dynode.Broadcast.Plane;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// What a new connection asks a server that takes each request at least once, so that whoever had it before sends it nothing more, whatever he still believes:
/// <code>
///   which process are you ─▶ which connection is this ─▶ noted: this one's ─▶ the one that was kept with the claim is ended
///                                                       │  ▲
///      a later broadcaster's: refused ◀─────────────────┤  └─ it is ended ◀─┐
///                                                       └── another's is noted ┘
/// </code>
/// It is noted in the server's own data, where clients may throw it away with all else, and with the claim, beside the stream. An earlier broadcaster's connection is ended before anything is sent on this one; and one that it makes later is refused. What the server does not allow of this makes it not ready, and says what it would need. In
/// turns only; dies with its connection.
/// </summary>
internal sealed class OwnerBegin(FramedDelivery delivery, ServerParts parts, IClaimed claimed) : IServerBegin
{
    private const string Rights = $"needs +info +client|id +client|kill +eval +get +set on {BroadcastSettings.OwnerKey}";

    /// <summary>Whoever comes between so often does so at each of its own connections.</summary>
    private const int EndsMax = 16;

    private static readonly byte[] Key = Encoding.UTF8.GetBytes(BroadcastSettings.OwnerKey);

    private readonly IOwnerKey _owners = parts.Protocol.Owners!;
    private Asked _asked;
    private Asked _next = Asked.Run;
    private ReadOnlyMemory<byte> _request = parts.Protocol.Owners!.AskRun;
    private string _run = "";
    private long _connection;
    private long _ended;
    private int _ends;
    private bool _isFull;

    private enum Asked { Run, Connection, Take, End, EndKept, Nothing }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Request => _request;

    /// <inheritdoc/>
    public bool TryNext()
    {
        _asked = _next;
        return _asked != Asked.Nothing;
    }

    /// <inheritdoc/>
    public string? Fault(ReadOnlySpan<byte> reply)
    {
        if (parts.Protocol.Classify(reply[..Math.Min(IProtocol.ReplyHeadBytesMax, reply.Length)]) == ReplyKind.NotNow)
            return ReplyText.Printable(reply);
        switch (_asked)
        {
            case Asked.Run:
                return Met(reply);
            case Asked.Connection:
                return _owners.TryReadConnection(reply, out _connection) ? Take() : Refused(reply);
            case Asked.Take:
                return Taken(reply);
            case Asked.End:
                return _owners.IsEnded(reply) ? Take() : Refused(reply);
            default:
                return Ended(reply);
        }
    }

    private string? Met(ReadOnlySpan<byte> reply)
    {
        _run = _owners.ReadRun(reply.ToArray());
        if (_run.Length == 0)
            return Refused(reply);
        Ask(Asked.Connection, _owners.AskConnection);
        return parts.Runs.Meet(delivery, _run) is { } other ? $"is the same server as {other.Backend.Address}: name it by one address" : null;
    }

    private string? Take()
    {
        if (!claimed.TryEpoch(out var epoch))
            return "is another broadcaster's by now";
        Ask(Asked.Take, _owners.Take(Key, epoch, _run, _connection, _ended, _isFull));
        return null;
    }

    private string? Taken(ReadOnlySpan<byte> reply)
    {
        switch (_owners.Read(reply.ToArray(), out long before))
        {
            case OwnerVerdict.Refused:
                claimed.LookAgain();
                return $"another broadcaster has it, which came later, by what {BroadcastSettings.OwnerKey} says there";
            case OwnerVerdict.NoMemory when !_isFull:
                _isFull = true;
                return Take();
            case OwnerVerdict.EndFirst:
                _ended = before;
                Ask(Asked.End, _owners.EndOne(before));
                return ++_ends < EndsMax ? null : $"another broadcaster notes itself in {BroadcastSettings.OwnerKey} all the time";
            case OwnerVerdict.Overwritten:
                parts.Plane.Logger.OwnerOverwritten(delivery.Backend.Address, BroadcastSettings.OwnerKey);
                break;
            case OwnerVerdict.Taken:
                break;
            default:
                return Refused(reply);
        }

        // Where none was kept it is tried all the same: a right that is missing is not to be missed when it is needed.
        long kept = claimed.LinkBefore(_run);
        Ask(Asked.EndKept, _owners.EndOne(kept == _connection ? 0 : kept));
        return null;
    }

    private string? Ended(ReadOnlySpan<byte> reply)
    {
        if (!_owners.IsEnded(reply))
            return Refused(reply);
        _next = Asked.Nothing;
        claimed.Linked(_run, _connection);
        return null;
    }

    private void Ask(Asked what, ReadOnlyMemory<byte> request) => (_next, _request) = (what, request);

    private static string Refused(ReadOnlySpan<byte> reply) => $"does not let it be noted who delivers to it ({ReplyText.Printable(reply)}): {Rights}";
}
