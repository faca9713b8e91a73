using System.Net.Sockets;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Log;

namespace Dynode.Broadcast.Framed.Clients;

/// <summary>
/// All clients of the sequencer: admits and refuses, counts, and looks after those whose time has come. In turns only, but for
/// <see cref="Admit"/> and the counts.
/// </summary>
internal sealed class FramedClients(ClientParts parts, Admission admission)
{
    /// <summary>All clients are looked at so often, or more often where a timeout is short.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    /// <summary>Where memory for them is spent, whoever is silent for so long in the midst of a request must not keep it from others.</summary>
    private static readonly TimeSpan HalfSilenceMax = TimeSpan.FromSeconds(1);

    /// <summary>Where no client could be closed for memory, it is looked for again so much later.</summary>
    private static readonly TimeSpan ReliefInterval = TimeSpan.FromSeconds(0.05);

    private readonly HashSet<FramedClient> _all = [];
    private readonly RateLimit _writeTimeoutLine = new(parts.Plane.Clock, TimeSpan.FromSeconds(1));
    private readonly RateLimit _malformedLine = new(parts.Plane.Clock, TimeSpan.FromSeconds(1));
    private readonly RateLimit _partLine = new(parts.Plane.Clock, TimeSpan.FromSeconds(1));
    private readonly RateLimit _greedyLine = new(parts.Plane.Clock, TimeSpan.FromSeconds(5));
    private readonly RateLimit _halfLine = new(parts.Plane.Clock, TimeSpan.FromSeconds(5));
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _nextLook;
    private long _nextRelief;
    private long _stuckSince = -TimeSpan.TicksPerDay;
    private long _stuckSeen = -TimeSpan.TicksPerDay;
    private long _ids;
    private long _malformed;
    private long _halves;
    private long _partsLeft;
    private long _partBytes;
    private int _clients;
    private bool _closed;

    public int Count => Volatile.Read(ref _clients);

    public long Malformed => Interlocked.Read(ref _malformed);

    /// <summary>Clients that left with a request in part, or with one that was not taken yet.</summary>
    public long Parts => Interlocked.Read(ref _partsLeft);

    public long PartBytes => Interlocked.Read(ref _partBytes);

    /// <summary>No client reads any more.</summary>
    public bool HaveAllEnded => _all.All(client => client.HasEnded || client.IsClosed);

    /// <summary>Done when a drain has ended: no client is left, and no server connection.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Makes a client of an accepted socket, or refuses it. Any thread.</summary>
    public void Admit(Socket socket)
    {
        int clientsMax = admission.ClientsMax;
        if (Interlocked.Increment(ref _clients) > clientsMax || Volatile.Read(ref _closed))
        {
            Interlocked.Decrement(ref _clients);
            SayRefused(socket);
            admission.Refuse(socket, clientsMax);
            return;
        }

        admission.Accept();
        FramedClient client;
        try
        {
            client = new FramedClient(parts, this, socket, Interlocked.Increment(ref _ids));
        }
        catch (SocketException)
        {
            // It was reset before it was looked at.
            Interlocked.Decrement(ref _clients);
            socket.Dispose();
            return;
        }

        bool taken = parts.Turns.Between(_ => !_closed && _all.Add(client));
        if (!taken)
        {
            client.Close("shutdown");
            return;
        }

        parts.Plane.Logger.ClientConnected(client.Address);
        parts.Turns.Signal(client);
    }

    /// <summary>As a redis or memcached says it, as far as the client's socket takes it at once; of lines nobody expects any.</summary>
    private void SayRefused(Socket socket)
    {
        if (parts.Plane.Settings.Protocol == Protocol.Line)
            return;
        var text = new System.Buffers.ArrayBufferWriter<byte>();
        parts.Protocol.WriteError(text, "max number of clients reached");
        socket.Blocking = false;
        socket.Send(text.WrittenSpan, SocketFlags.None, out _);
    }

    /// <summary>A client's socket is closed.</summary>
    public void Left(FramedClient client, string reason) => parts.Plane.Logger.FramedClientEnded(client.Address, reason);

    /// <summary>The kernel has nothing of a closed client's any more.</summary>
    /// <returns>False: it was removed before.</returns>
    public bool Remove(FramedClient client)
    {
        if (!_all.Remove(client))
            return false;
        Interlocked.Decrement(ref _clients);
        return true;
    }

    public void MalformedRequest(FramedClient client, string reason)
    {
        long count = Interlocked.Increment(ref _malformed);
        if (_malformedLine.TryPass())
            parts.Plane.Logger.MalformedRequest(client.Address, reason, count);
    }

    /// <summary>A client is gone that had sent a request in part, or one that was not taken yet.</summary>
    public void LeftPart(FramedClient client, string part, long bytes)
    {
        long count = Interlocked.Increment(ref _partsLeft);
        long all = Interlocked.Add(ref _partBytes, bytes);
        if (_partLine.TryPass())
            parts.Plane.Logger.PartLeft(client.Address, part, count, all);
    }

    public ClientFigures[] Figures(long now) => [.. _all.Where(client => !client.IsClosed).Select(client => client.Figures(now))];

    /// <summary>Closes one.</summary>
    /// <returns>False: it is not there.</returns>
    public bool TryClose(long id)
    {
        var client = _all.FirstOrDefault(client => client.Id == id && !client.IsTorn);
        client?.Tear("closed by an operator");
        return client is not null;
    }

    /// <summary>When the next look at all clients is due, at most <paramref name="longest"/> from now.</summary>
    public TimeSpan NextLook(long now, TimeSpan longest) =>
        TimeSpan.FromTicks(_all.Count == 0 ? longest.Ticks : Math.Clamp(_nextLook - now, TimeSpan.TicksPerMillisecond, longest.Ticks));

    /// <summary>What time has decided.</summary>
    public void Tick(long now)
    {
        if (now < _nextLook)
            return;
        var settings = parts.Plane.Settings;
        long shortest = Math.Min(
            settings.IdleTimeout > TimeSpan.Zero ? settings.IdleTimeout.Ticks : long.MaxValue,
            settings.WriteTimeout > TimeSpan.Zero ? settings.WriteTimeout.Ticks : long.MaxValue);
        _nextLook = now + Math.Min(LookInterval.Ticks, shortest / 8);

        // Taking out the one that is looked at leaves the enumeration as it is.
        foreach (var client in _all)
        {
            if (!client.IsClosed)
                Look(client, settings, now);
        }
    }

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
            foreach (var client in _all)
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
            greediest.Tear("memory for replies is spent, and most of it was its");
            if (greediest.Answers.TryDrop())
                return true;
        }
    }

    /// <summary>
    /// Memory for half-received requests is spent, and others wait for it: of those that hold some and have been silent for long enough, the
    /// one that has been so longest is closed. Who waits for memory itself is not silent by its own will: it is closed only where nobody
    /// who holds some could go on, for then all would wait for each other.
    /// </summary>
    /// <returns>False: there is none.</returns>
    public bool CloseSlowest(long now)
    {
        FramedClient? slowest = null;
        bool anyGoesOn = false;
        long held = 0;
        foreach (var client in _all)
        {
            held += client.RequestMemoryBytes;
            anyGoesOn |= client.IsWaiting || (client.HoldsHalfRequest && !client.AwaitsMemory);
            if (!client.HoldsHalfRequest || now - client.LastActivity < HalfSilenceMax.Ticks || (client.AwaitsMemory && anyGoesOn))
                continue;
            if (slowest is null || (slowest.AwaitsMemory && !client.AwaitsMemory) || client.LastActivity < slowest.LastActivity)
                slowest = client;
        }

        if (slowest is null || (slowest.AwaitsMemory && (anyGoesOn || ComesBack(held, now))))
            return false;
        long count = Interlocked.Increment(ref _halves);
        if (_halfLine.TryPass())
            parts.Plane.Logger.HalfRequestClosed(slowest.Address, count);
        slowest.Tear("memory for half-received requests is spent, and it was silent in the midst of one");
        return true;
    }

    /// <summary>No client is read any more.</summary>
    public void EndAll(string reason)
    {
        _closed = true;
        foreach (var client in _all)
            client.StopReading(reason);
    }

    /// <summary>Every client is closed now.</summary>
    public void CloseAll(string reason)
    {
        _closed = true;
        foreach (var client in _all)
            client.Close(reason);
    }

    /// <summary>The end of a turn while draining.</summary>
    /// <returns>True: nobody is left, and nothing will happen any more.</returns>
    public bool TryConclude(bool serversAreQuiet)
    {
        bool isOver = serversAreQuiet && _all.Count == 0;
        if (isOver)
            _ended.TrySetResult();
        return isOver;
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

    private void Look(FramedClient client, BroadcastSettings settings, long now)
    {
        if (settings.WriteTimeout > TimeSpan.Zero && client.Answers.HasRefused(now, settings.WriteTimeout.Ticks))
        {
            long count = parts.Plane.Traffic.WriteTimedOut();
            if (_writeTimeoutLine.TryPass())
                parts.Plane.Logger.WriteTimeout(client.Address, settings.WriteTimeout.TotalSeconds, count);
            client.Tear("write timeout");
        }
        else if (settings.IdleTimeout > TimeSpan.Zero && client.IsIdleSince(now - settings.IdleTimeout.Ticks))
        {
            parts.Plane.Traffic.IdleTimedOut();
            parts.Plane.Logger.IdleTimeout(client.Address, settings.IdleTimeout.TotalSeconds);
            client.End("idle");
        }
        else
        {
            client.CloseOverdue(now);
        }

        client.Flush(now);
    }
}
