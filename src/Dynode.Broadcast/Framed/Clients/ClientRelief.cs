using Dynode.Broadcast.Plane;
using Dynode.Log;

namespace Dynode.Broadcast.Framed.Clients;

/// <summary>Whom of the clients it costs when memory is spent: for replies whoever takes none, for requests whoever brings too little of one. In turns only.</summary>
internal sealed class ClientRelief(ClientParts parts, IReadOnlyCollection<FramedClient> all)
{
    /// <summary>Where memory for them is spent, whoever brings little of a request for so long (<see cref="PartPace"/>) must not keep it from others.</summary>
    private static readonly TimeSpan HalfSilenceMax = TimeSpan.FromSeconds(1);

    /// <summary>Where no client could be closed for memory, it is looked for again so much later.</summary>
    private static readonly TimeSpan ReliefInterval = TimeSpan.FromSeconds(0.05);

    private readonly RateLimit _greedyLine = new(parts.Plane.Clock, TimeSpan.FromSeconds(5));
    private readonly RateLimit _halfLine = new(parts.Plane.Clock, TimeSpan.FromSeconds(5));
    private long _nextRelief;
    private long _stuckSince = -TimeSpan.TicksPerDay;
    private long _stuckSeen = -TimeSpan.TicksPerDay;
    private long _halves;

    /// <inheritdoc cref="Answers.IReplyRelief.TryRelieve"/>
    public bool TryRelieve(bool evenOfTakers)
    {
        long now = parts.Plane.Clock.Now;
        long lent = parts.Plane.Pool.LentBytes(MemoryShare.Replies);
        parts.Dirty.Send(now);
        if (parts.Plane.Pool.LentBytes(MemoryShare.Replies) < lent)
            return true;
        if (!evenOfTakers && now < _nextRelief)
            return false;
        while (true)
        {
            FramedClient? greediest = null;
            bool isTaker = true;
            foreach (var client in all)
            {
                if (client.IsTorn || client.Answers.UnsentBytes == 0)
                    continue;
                bool takes = !client.Answers.HasRefused(now, HoldBudget.StallGrace.Ticks);
                if (takes && (!evenOfTakers || !isTaker))
                    continue;
                if (greediest is null || takes != isTaker || client.Answers.UnsentBytes > greediest.Answers.UnsentBytes)
                    (greediest, isTaker) = (client, takes);
            }

            if (greediest is null)
            {
                // Asked for every reply that finds no memory, and it looks at all clients.
                _nextRelief = now + ReliefInterval.Ticks;
                return false;
            }

            if (_greedyLine.TryPass())
                parts.Plane.Logger.GreediestClosed(greediest.Address, greediest.Answers.UnsentBytes);
            greediest.Tear(ClientEnd.OfMemory("memory for replies is spent, and most of it was its"));
            if (greediest.Answers.TryDrop())
                return true;
        }
    }

    /// <summary>
    /// Memory for half-received requests is spent, and others wait for it: of those that hold some and have brought little for long enough, the
    /// one that has done so longest is closed. Who waits for memory itself is not slow by its own will: it is closed only where nobody
    /// who holds some could go on, for then all would wait for each other.
    /// </summary>
    /// <returns>False: there is none.</returns>
    public bool CloseSlowest(long now)
    {
        FramedClient? slowest = null;
        bool anyGoesOn = false;
        long held = 0;
        foreach (var client in all)
        {
            held += client.Requests.MemoryBytes;
            anyGoesOn |= client.WaitsIn is not null || client.Requests.IsPaced || (HoldsHalf(client) && !client.AwaitsMemory);
            if (!HoldsHalf(client) || now - client.SlowSince < HalfSilenceMax.Ticks || (client.AwaitsMemory && anyGoesOn))
                continue;
            if (slowest is null || (slowest.AwaitsMemory && !client.AwaitsMemory) || client.SlowSince < slowest.SlowSince)
                slowest = client;
        }

        if (slowest is null || (slowest.AwaitsMemory && (anyGoesOn || ComesBack(held, now))))
            return false;
        long count = Interlocked.Increment(ref _halves);
        if (_halfLine.TryPass())
            parts.Plane.Logger.HalfRequestClosed(slowest.Address, count);
        slowest.Tear(ClientEnd.OfMemory("memory for half-received requests is spent, and it brought too little of one"));
        return true;
    }

    /// <summary>
    /// Nobody goes on, but requests in the log have what the clients do not hold, and give it back when servers have answered them: that is
    /// waited for as long as a server may owe.
    /// </summary>
    private bool ComesBack(long held, long now)
    {
        if (parts.Plane.Pool.LentBytes(MemoryShare.Requests) - held < PagePool.LargePageBytes)
            return false;
        if (now - _stuckSeen > TimeSpan.TicksPerSecond)
            _stuckSince = now;
        _stuckSeen = now;
        return now - _stuckSince < Math.Max(parts.Plane.Settings.ReplyTimeout.Ticks, HalfSilenceMax.Ticks);
    }

    /// <summary>A request of it, or a transaction, is here in part.</summary>
    private static bool HoldsHalf(FramedClient client) =>
        !client.IsTorn && !client.Requests.IsPaced && (client.AwaitsMemory ? client.Requests.HoldsMemory : client.Requests.HoldsPart);
}
