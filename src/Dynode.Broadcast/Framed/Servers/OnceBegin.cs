using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Once;
using Dynode.Protocols;
using Dynode.Streams;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// What a new connection asks its server about the watermark, one by one, each reply waited for:
/// <code>
///   who are you ─▶ watched, and what lies there ─▶ decided ─▶ the fence: written, where nothing has come between ─▶ a batch that must not be done
///                     ▲                              │  ▲                 │
///                     │     it went back: its file is written anew first  │
///                     └────────── something came between: a dead connection's batch has just run
/// </code>
/// What is refused here makes the server not ready, and says what it would need; only what is refused for the server's own state (memory is out, too few replicas) lets it go on without. In
/// turns only; dies with its connection.
/// </summary>
internal sealed class OnceBegin(FramedDelivery delivery, OnceDelivery once, ServerParts parts) : IServerBegin
{
    private const string Rights = "needs +info +watch +multi +exec +eval +get +set +pexpire on its key (+bgrewriteaof), or exactly_once=false";

    /// <summary>Whoever comes between so often is another broadcaster.</summary>
    private const int FencesMax = 16;

    private readonly IBatches _batches = parts.Protocol.Batches!;
    private readonly Queue<(Asked What, ReadOnlyMemory<byte> Request)> _steps = new([(Asked.Who, parts.Protocol.Batches!.AskWho)]);
    private Asked _asked;
    private BatchServer _who;
    private byte[] _mark = [];
    private Watermark? _found;
    private int _fences;
    private bool _hasRefused;

    private enum Asked { Who, Watch, Get, Begin, Set, End, TrialWatch, TrialLook, TrialBegin, TrialSet, TrialEnd, Rewrite }

    /// <summary>The watermark that lies there now; null: the server refuses it for now.</summary>
    public byte[]? Mark => _hasRefused ? null : _mark;

    /// <summary>What is asked now.</summary>
    public ReadOnlyMemory<byte> Request { get; private set; }

    /// <summary>Goes on to the next request.</summary>
    /// <returns>False: there is none, the server is ready.</returns>
    public bool TryNext()
    {
        bool isThere = _steps.TryDequeue(out var step);
        (_asked, Request) = step;
        return isThere;
    }

    /// <summary>What is wrong, by the reply to the request given last; null: nothing.</summary>
    public string? Fault(ReadOnlySpan<byte> reply)
    {
        if (parts.Protocol.Classify(reply[..Math.Min(IProtocol.ReplyHeadBytesMax, reply.Length)]) == ReplyKind.NotNow)
            return ReplyText.Printable(reply);
        var said = _batches.Read(reply, out _);
        switch (_asked)
        {
            case Asked.Who:
                return Met(reply.ToArray());
            case Asked.Get:
                return said == BatchReply.Error && !reply.StartsWith("-WRONGTYPE"u8) ? Refused(reply) : Decide(reply.ToArray());
            case Asked.Set when said != BatchReply.Queued:
                _hasRefused = true;
                return reply.StartsWith("-NOPERM"u8) ? Refused(reply) : null;
            case Asked.Set or Asked.TrialSet:
                return null;
            case Asked.End:
                return Fenced(said, reply);
            case Asked.TrialLook:
                return said == BatchReply.Changed ? null : Refused(reply);
            case Asked.TrialEnd:
                return said == BatchReply.NotDone ? Tried() : Refused(reply);
            case Asked.Rewrite:
                return Rewrites(said, reply);
            default:
                return said == BatchReply.Done ? null : Refused(reply);
        }
    }

    private string? Met(byte[] reply)
    {
        _who = _batches.ReadWho(reply);
        bool isNew = _who.RunId != once.Mark.RunId;
        once.Mark.Met(_who.RunId);
        if (isNew && _who.Evicts)
            parts.Plane.Logger.MayEvict(delivery.Backend.Address);
        Ask(Asked.Watch, _batches.Ask(once.Mark.Key.Span));
        if (_who.IsCluster)
            return "is one of a cluster: exactly_once=true is not for those";
        return parts.Runs.Meet(delivery, _who.RunId) is { } other ? $"is the same server as {other.Backend.Address}: name it by one address" : null;
    }

    private string? Decide(byte[] reply)
    {
        bool isThere = _batches.TryReadMark(reply, out var text);
        var decision = once.Mark.Begin(isThere ? text : null, _who.IsEmpty, out _found);
        if (decision.Kind == BeginKind.NotYet)
            return "stands further on in the stream than what was read of it";
        if (TryHeldData(ref decision) is { } unknown)
            return unknown;
        if (IsElsewhere(decision))
            return "goes on from the stream";
        once.Mark.Take(_found);
        once.Begins(decision, isThere, _found, out bool wentBack);
        once.Mark.MustRewrite |= once.Mark.IsRestarted && (wentBack || !once.Mark.HasCommitted) && _who.MayHaveTornFile && parts.Plane.Settings.ExactlyOnceRewrite;
        if (once.Mark.At(once.Mark.Requests, delivery.Standing.Closing.Written) is not { } mark)
            return "it is not known yet where the log lies in the stream";
        _mark = mark;

        // Half a batch may be at the end of its file, which it would do with what comes behind that: so nothing does, before it writes another.
        if (once.Mark.MustRewrite)
            _steps.Enqueue((Asked.Rewrite, _batches.Rewrite));
        Ask(Asked.Begin, _batches.Fence(once.Mark.Key.Span, _mark));
        return null;
    }

    /// <summary>
    /// The stream has all that was ever done to its servers only where they held nothing when it began: one that holds data when it comes to it says so to all beside the stream, and only
    /// where none has does a server that holds nothing get all from there.
    /// </summary>
    /// <returns>Why that is not known yet; null: it is.</returns>
    private string? TryHeldData(ref BeginDecision decision)
    {
        bool holdsData = decision is { Kind: BeginKind.AtKept, Gap: null } && _found is null && !_who.IsEmpty && !once.Mark.IsKept;
        if (decision.Kind != BeginKind.FromStart && !holdsData)
            return null;
        if (parts.CatchUp!.HadData is not { } hadData)
            return "whether servers held data before the stream began is not known yet";
        if (decision.Kind == BeginKind.FromStart)
        {
            if (hadData)
                decision = new BeginDecision(BeginKind.WithGap, 0, DropReason.Added);
            return null;
        }

        if (hadData)
            return null;
        parts.CatchUp.NoteData();
        return "holds data that are not of the stream; that is written beside it first";
    }

    /// <summary>What it lacks is not in the log: this connection ends, and the next one begins in a log of its server's own.</summary>
    private bool IsElsewhere(in BeginDecision decision)
    {
        var kept = once.Mark.Kept;
        once.Mark.Kept = null;
        switch (decision.Kind)
        {
            case BeginKind.FromStream:
                parts.CatchUp!.GoOnAt(delivery, new PlaceBehind(_found!.Number, _found.Index, _found.Table));
                return true;
            case BeginKind.FromStart:
                once.Mark.IsFromStart = true;
                parts.CatchUp!.GoOnAt(delivery, PlaceBehind.Start);
                return true;
            case BeginKind.AtKept or BeginKind.WithGap when kept is { } place && _found is null:
                if (decision.Gap is { } gap)
                    delivery.Standing.Missed(gap, delivery.NumberDone);
                parts.CatchUp!.GoOnAt(delivery, place);
                return true;
            default:
                return false;
        }
    }

    private string? Fenced(BatchReply said, ReadOnlySpan<byte> reply)
    {
        if (said == BatchReply.NotDone)
        {
            once.Mark.FencesLost++;
            Ask(Asked.Watch, _batches.Ask(once.Mark.Key.Span));
            return ++_fences < FencesMax ? null : "another broadcaster writes its watermark";
        }

        if (_hasRefused)
            return said == BatchReply.Error ? null : Refused(reply);
        Ask(Asked.TrialWatch, _batches.Trial(once.Mark.Key.Span, _mark));
        return said == BatchReply.Replies ? null : Refused(reply);
    }

    private string? Tried()
    {
        once.Mark.Fenced(_mark);
        return null;
    }

    private string? Rewrites(BatchReply said, ReadOnlySpan<byte> reply)
    {
        // One that is put off until a snapshot is written has not begun: what came now would go to the old file.
        if (Contains(reply, "scheduled"u8))
            return "must write its file anew, and has not begun";
        if (said == BatchReply.Error && !Contains(reply, "in progress"u8))
            return Refused(reply);
        once.Mark.MustRewrite = false;
        return null;
    }

    private void Ask(Asked first, IReadOnlyList<ReadOnlyMemory<byte>> requests)
    {
        for (int i = 0; i < requests.Count; i++)
            _steps.Enqueue((first + i, requests[i]));
    }

    private static bool Contains(ReadOnlySpan<byte> reply, ReadOnlySpan<byte> text) => reply.IndexOf(text) >= 0;

    private static string Refused(ReadOnlySpan<byte> reply) => $"refuses a watermark ({ReplyText.Printable(reply)}): {Rights}";
}
