using Dynode.Broadcast.Backends;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// The end of the log, where another broadcaster goes on from it: which servers have had all of it, and what becomes of those that have not by then.
/// <code>
///   Begin ──no more comes──▶ each that has had everything is whole, and is said to be ──all quiet──▶ End, Servers
///                               └──the time for it is over: LetGo──▶ gaps, and connections as they are ─┘
/// </code>
/// In turns only.
/// </summary>
internal sealed class Handover(ServerParts parts, List<FramedDelivery> all)
{
    private readonly HashSet<FramedDelivery> _said = [];
    private Action<BackendAddress>? _whole;
    private bool _letsGo;

    /// <summary>Nobody is waited for any more.</summary>
    public bool IsOver { get; private set; }

    /// <summary>From now on a server is told of as soon as it has had everything.</summary>
    /// <param name="whole">Called in a turn: it may leave word and no more.</param>
    public void Begin(Action<BackendAddress> whole) => _whole = whole;

    /// <summary>The time for it is over: in the next turn that is on the event thread, where no operation of a socket runs beside it.</summary>
    public void LetGo() => _letsGo = true;

    /// <summary>A turn has sent what it could.</summary>
    /// <param name="noMoreComes">Nothing more will enter the log.</param>
    public void Look(bool noMoreComes)
    {
        if (_letsGo && !IsOver)
        {
            IsOver = noMoreComes = true;
            foreach (var delivery in all)
            {
                if (delivery.IsRetiring)
                    delivery.Departure.GiveUp(DropReason.Shutdown, atOnce: true);
                else
                    delivery.Departure.HandOver();
            }
        }

        if (!noMoreComes)
            return;
        foreach (var delivery in all)
        {
            if (delivery.IsInLog || delivery.IsRetiring)
                continue;
            delivery.Departure.LogHasEnded();

            // Where nothing is answered, its FIN alone says that it has read what it was sent.
            bool isWhole = delivery.Standing.Gap is null && (!parts.IgnoresReplies || delivery.IsOver);
            if (_whole is not null && isWhole && _said.Add(delivery))
                _whole(delivery.Backend.Address);
        }
    }

    /// <summary>All are quiet: nobody is told of anything any more.</summary>
    public void End() => _whole = null;

    /// <summary>How each server stands to the log, which has ended.</summary>
    public HandedOver Servers() => new(
        parts.Log.Next,
        [.. all.Where(static delivery => !delivery.IsRetiring).Select(static delivery =>
            new HandedServer(delivery.Backend.Address, delivery.Standing.Gap, delivery.Standing.FirstMissing, delivery.Departure.Handed))]);
}
