using Dynode.Broadcast.Backends;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// The operator's word that one server was made equal, until that is written where the next broadcaster looks: in the server's own watermark, or, where it has none, beside the stream.
/// <code>
///   off ──ordered──▶ beside the stream: servers hold data of nobody's ──▶ the next watermark says no gap ──it lies there, nothing in flight says otherwise──▶ closed
///    ▲                        └───────────────── it misses something anew, or leaves ─────────────────────────────┐
///    └──────────────────────────────────────────────────────────────────────────────────────────────────────────── void
/// </code>
/// The gap stays until then: who dies in between leaves it as it was, or closed, and has told nobody. In turns only.
/// </summary>
internal sealed class GapClosing(FramedDelivery delivery, ServerParts parts)
{
    private TaskCompletionSource<GapClosed>? _told;
    private bool _mayWrite;

    // Of a server without a watermark: what was said before the order may still be on its way, and would come behind.
    private bool _wasWritten;

    /// <summary>It was ordered, and is not done.</summary>
    public bool IsOn => _told is not null;

    /// <summary>What is written of the gap from now on.</summary>
    public DropReason? Written => IsOn && _mayWrite ? null : delivery.Standing.Gap;

    /// <summary>The watermark is to be written though nothing else is to be sent.</summary>
    public bool MovesMark => IsOn && _mayWrite && delivery.Once is not null;

    /// <summary>What was said of it beside the stream is not its own word: that it has a gap is what is known.</summary>
    public bool HasGap => Written is not null || delivery.Once?.Mark.KeptGap is not null;

    /// <summary>The order is given.</summary>
    /// <param name="adopts">Whatever the gap is.</param>
    /// <param name="later">What becomes of it, where that is not known yet.</param>
    /// <returns>What is known now.</returns>
    public GapClosed Order(bool adopts, out Task<GapClosed>? later)
    {
        later = null;
        var gap = delivery.Standing.Gap;
        if (delivery.Once is not null && !delivery.IsOpen)
            return Now(GapFate.NotConnected);
        if (gap is null)
            return Now(GapFate.None);
        if (!adopts && gap is DropReason.Ahead or DropReason.Forked or DropReason.Foreign)
            return Now(GapFate.NeedsAdopt);
        if (parts.CatchUp is not { } stream)
        {
            delivery.Standing.TryCloseGap();
            return new GapClosed(delivery.Backend.Address, GapFate.Closed, gap);
        }

        // Made equal by hand: by what, nobody knows. Who holds nothing has not all from the stream any more.
        stream.NoteData();
        _told ??= new TaskCompletionSource<GapClosed>(TaskCreationOptions.RunContinuationsAsynchronously);
        later = _told.Task;
        parts.Turns.Wake();
        return Now(GapFate.NotWritten);
    }

    /// <summary>Looks whether it is done.</summary>
    public void Look()
    {
        // In each turn, and next to never on: small enough to be written where it is asked.
        if (IsOn)
            LookOn();
    }

    /// <summary>It has missed something since, or has left: the order is about that no more.</summary>
    public void Void()
    {
        if (!IsOn)
            return;
        parts.Plane.Logger.GapNotClosed(delivery.Backend.Address);
        End(Now(GapFate.Void));
    }

    private void LookOn()
    {
        if (!_mayWrite && parts.CatchUp!.HadData == true && (delivery.Once is not null || WasSaid()))
        {
            _mayWrite = true;
            parts.Turns.Wake();
        }

        if (!_mayWrite || !IsWritten(out ulong? number))
            return;
        var gap = delivery.Standing.Gap;
        delivery.Standing.TryCloseGap();
        parts.Plane.Logger.GapClosedAt(delivery.Backend.Address, number, gap);
        delivery.Standing.Reelect();
        End(new GapClosed(delivery.Backend.Address, GapFate.Closed, gap, number));
    }

    private bool WasSaid() => _wasWritten |= parts.CatchUp!.Written(delivery) is { HasGap: true };

    private bool IsWritten(out ulong? number)
    {
        number = Number();
        return delivery.Once is { } once ? delivery.IsOpen && once.SaysNoGap : parts.CatchUp!.Written(delivery) is { HasGap: false };
    }

    private ulong? Number() => delivery.Once is { } once ? once.Lies?.Number : parts.CatchUp?.Written(delivery)?.Number;

    private GapClosed Now(GapFate fate) => new(delivery.Backend.Address, fate, delivery.Standing.Gap, fate == GapFate.None ? Number() : null);

    private void End(GapClosed what)
    {
        var told = _told!;
        (_told, _mayWrite, _wasWritten) = (null, false, false);
        told.SetResult(what);
    }
}
