using System.Net.Sockets;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;

namespace Dynode.Broadcast.Framed.Clients;

/// <summary>
/// All clients of the sequencer: admits and refuses, counts, and looks after those whose time has come. In turns only, but for
/// <see cref="Admit"/> and the counts.
/// </summary>
internal sealed class FramedClients(ClientParts parts, Admission admission) : IRoll
{
    /// <summary>All clients are looked at so often, or more often where a timeout is short.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly HashSet<FramedClient> _all = [];
    private readonly RateLimit _writeTimeoutLine = new(parts.Plane.Clock, TimeSpan.FromSeconds(1));
    private readonly RateLimit _malformedLine = new(parts.Plane.Clock, TimeSpan.FromSeconds(1));
    private readonly RateLimit _partLine = new(parts.Plane.Clock, TimeSpan.FromSeconds(1));
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _nextLook;
    private long _ids;
    private long _malformed;
    private long _partsLeft;
    private long _partBytes;
    private int _clients;
    private ClientEnd? _ending;
    private bool _over;

    /// <summary>In turns only.</summary>
    public IReadOnlyCollection<FramedClient> All => _all;

    public int Count => Volatile.Read(ref _clients);

    public long Malformed => Interlocked.Read(ref _malformed);

    /// <summary>Clients that left with a request in part, or with one that was not taken yet.</summary>
    public long Parts => Interlocked.Read(ref _partsLeft);

    public long PartBytes => Interlocked.Read(ref _partBytes);

    /// <summary>No request of any will enter the log any more.</summary>
    public bool HaveAllEnded => _all.All(static client => client.IsClosed || (client.HasEnded && !client.Requests.Waits));

    /// <summary>Done when a drain has ended: no client is left, and no server connection.</summary>
    public Task Ended => _ended.Task;

    /// <summary>Makes a client of who has come in, or refuses it. Any thread.</summary>
    public void Admit(Arrival arrival)
    {
        long id = Interlocked.Increment(ref _ids);
        if (!admission.Gate.TryEnter(id, arrival, this))
            return;
        int clientsMax = admission.ClientsMax;
        if (Interlocked.Increment(ref _clients) + admission.Coming > clientsMax || Volatile.Read(ref _over))
        {
            Interlocked.Decrement(ref _clients);
            SayRefused(arrival);
            admission.Refuse(arrival, id, clientsMax);
            return;
        }

        admission.Accept();
        FramedClient client;
        try
        {
            client = new FramedClient(parts, this, arrival, id);
        }
        catch (SocketException)
        {
            // It was reset before it was looked at.
            admission.Gate.Leave(id);
            Interlocked.Decrement(ref _clients);
            arrival.Close();
            return;
        }

        bool taken = parts.Turns.Between(_ =>
        {
            // Accepted a moment before the end, it ends like all the others: to close it on what it has sent would reset it.
            if (!_over && _ending is { } end)
                client.End(end);
            return !_over && _all.Add(client);
        });
        if (!taken)
        {
            client.Close(ClientEnd.Shutdown);
            return;
        }

        parts.Plane.Logger.ClientConnected(client.Address);
        parts.Turns.Signal(client);
    }

    /// <summary>As a redis or memcached says it, as far as the client's socket takes it at once; of lines nobody expects any, and by TLS it is refused before.</summary>
    private void SayRefused(Arrival arrival)
    {
        if (parts.Plane.Settings.Protocol == Protocol.Line || arrival.Session is not null)
            return;
        var text = new System.Buffers.ArrayBufferWriter<byte>();
        parts.Protocol.WriteError(text, "max number of clients reached");
        arrival.Socket.Send(text.WrittenSpan, SocketFlags.None, out _);
    }

    /// <summary>A client's socket is closed.</summary>
    public void Left(FramedClient client, ClientEnd end) => admission.Left(client.Figures(parts.Plane.Clock.Now), end);

    /// <summary>The kernel has nothing of a closed client's any more.</summary>
    /// <returns>False: it was removed before.</returns>
    public bool Remove(FramedClient client)
    {
        if (!_all.Remove(client))
            return false;
        parts.Paces.Forget(client);
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

    ClientFigures[] IRoll.Figures() => parts.Turns.Between(Figures);

    public ClientFigures[] Figures(long now) => [.. _all.Where(client => !client.IsClosed).Select(client => client.Figures(now))];

    /// <summary>Closes one.</summary>
    /// <returns>False: it is not there.</returns>
    public bool TryClose(long id)
    {
        var client = _all.FirstOrDefault(client => client.Id == id && !client.IsTorn);
        client?.Tear(ClientEnd.ByOperator);
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

    /// <summary>No client is read any more.</summary>
    /// <param name="end">For the log.</param>
    /// <param name="atOnce">Nor is anything handed on that has been.</param>
    public void EndAll(ClientEnd end, bool atOnce = false)
    {
        _ending = end;
        parts.Paces.Lift();
        foreach (var client in _all)
        {
            client.StopReading(end);
            if (!atOnce || client.IsClosed)
                continue;
            client.Requests.Unhold();
            client.End(end);
        }
    }

    /// <summary>Every client is closed now.</summary>
    public void CloseAll(ClientEnd end)
    {
        _over = true;
        foreach (var client in _all)
            client.Close(end);
    }

    /// <summary>The end of a turn while draining.</summary>
    /// <returns>True: nobody is left, and nothing will happen any more.</returns>
    public bool TryConclude(bool serversAreQuiet)
    {
        bool isOver = serversAreQuiet && _all.Count == 0;
        if (isOver)
        {
            _over = true;
            _ended.TrySetResult();
        }

        return isOver;
    }

    private void Look(FramedClient client, BroadcastSettings settings, long now)
    {
        if (settings.WriteTimeout > TimeSpan.Zero && client.Answers.HasRefused(now, settings.WriteTimeout.Ticks))
        {
            long count = parts.Plane.Traffic.WriteTimedOut();
            if (_writeTimeoutLine.TryPass())
                parts.Plane.Logger.WriteTimeout(client.Address, settings.WriteTimeout.TotalSeconds, count);
            client.Tear(ClientEnd.WriteTimeout);
        }
        else if (settings.IdleTimeout > TimeSpan.Zero && client.IsIdleSince(now - settings.IdleTimeout.Ticks))
        {
            parts.Plane.Traffic.IdleTimedOut();
            parts.Plane.Logger.IdleTimeout(client.Address, settings.IdleTimeout.TotalSeconds);
            client.End(ClientEnd.Idle);
        }
        else
        {
            client.CloseOverdue(now);
        }

        client.Flush(now);
    }
}
