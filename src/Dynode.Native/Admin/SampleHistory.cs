using System.Collections.Immutable;
using Dynode.Broadcast;
using Dynode.Broadcast.Backends;

namespace Dynode.Native.Admin;

/// <summary>
/// Makes samples of snapshots: what follows from the ones before (rates, ages, how long until a server is current or its backlog full).
/// Pure; owned by the sampler.
/// </summary>
internal sealed class SampleHistory
{
    /// <summary>Over so long paces are measured.</summary>
    internal static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    /// <summary>Closer together two moments say nothing of a pace.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(0.2);

    /// <summary>Raw: what is behind by less is on its way.</summary>
    private static readonly TimeSpan OnItsWay = TimeSpan.FromSeconds(1);

    private readonly Queue<Sample> _samples = new();
    private readonly Dictionary<BackendAddress, Timeline> _perServer = [];
    private readonly Timeline _log = new();

    // Of the numbers that the stream has given.
    private readonly Timeline _stream = new();

    /// <summary>The next sample.</summary>
    /// <param name="snapshot">Of now.</param>
    /// <param name="at">When it was taken.</param>
    /// <param name="time">The same, in UTC.</param>
    /// <param name="backlogMax">Framed: what the log may hold, in bytes; null in raw.</param>
    public Sample Next(BroadcastSnapshot snapshot, TimeSpan at, DateTimeOffset time, long? backlogMax)
    {
        while (_samples.Count > 1 && at - _samples.ElementAt(1).At >= Window)
            _samples.Dequeue();
        var before = _samples.LastOrDefault(sample => at - sample.At >= Least);
        var oldest = _samples.FirstOrDefault(sample => at - sample.At >= Least);
        double seconds = before is null ? 0 : (at - before.At).TotalSeconds;
        if (backlogMax is not null)
            _log.Add(at, snapshot.Tail);
        if (snapshot.Feed is { } feed)
            _stream.Add(at, (long)feed.Last);
        var sample = new Sample
        {
            At = at,
            Time = time,
            Snapshot = snapshot,
            Servers = [.. snapshot.Backends.Select(backend => Server(backend, at, backlogMax, snapshot.Tail, oldest))],
            RequestRate = Rate(snapshot.Requests, before?.Snapshot.Requests),
            ReceivedRate = Rate(snapshot.ReceivedBytes, before?.Snapshot.ReceivedBytes),
            RelayedRate = Rate(snapshot.RelayedBytes, before?.Snapshot.RelayedBytes),
            Median = snapshot.Durations?.Quantile(0.5, oldest?.Snapshot.Durations),
            Percentile99 = snapshot.Durations?.Quantile(0.99, oldest?.Snapshot.Durations),
            PlaceMedian = snapshot.Feed?.Places.Quantile(0.5, oldest?.Snapshot.Feed?.Places),
            PlacePercentile99 = snapshot.Feed?.Places.Quantile(0.99, oldest?.Snapshot.Feed?.Places),
        };
        Forget(snapshot.Backends);
        _samples.Enqueue(sample);
        return sample;

        double Rate(long now, long? then) => then is { } count && seconds > 0 ? Math.Max(0, now - count) / seconds : 0;
    }

    private ServerFigures Server(BackendSnapshot backend, TimeSpan at, long? backlogMax, long tail, Sample? oldest)
    {
        bool isFramed = backlogMax is not null;
        long lag = isFramed ? backend.Standing?.LagBytes ?? 0 : backend.OwedBytes;
        long owedEver = isFramed ? tail : backend.SentBytes - backend.RepeatedBytes + backend.DroppedBytes + lag;
        var line = isFramed ? _log : LineOf(backend.Address);
        line.Add(at, owedEver);
        var apart = ApartOf(backend);
        var age = apart is not null ? AgeInStream(apart, at) : lag == 0 ? TimeSpan.Zero : backend.Standing?.Oldest ?? line.AgeOf(owedEver - lag, at);
        var state = StateOf(backend, isFramed, age);
        var same = _samples.LastOrDefault() is { } last ? Find(last, backend.Address) : null;
        var figures = new ServerFigures
        {
            Backend = backend,
            State = state,
            Since = same is null ? TimeSpan.Zero : same.State == state ? same.Since + (at - _samples.Last().At) : TimeSpan.Zero,
            LagBytes = lag,
            Lag = age,
            OwedEver = owedEver,
        };
        if (oldest is null || Find(oldest, backend.Address) is not { } then)
            return figures;
        double seconds = (at - oldest.At).TotalSeconds;
        if (apart is not null)
            return figures with { CatchUp = ApartOf(then.Backend) is { } before ? CatchUpInStream(apart, before, seconds) : null };
        return lag > 0 ? WithPace(figures, then, seconds, backlogMax) : figures;
    }

    /// <summary>Where it stands that catches up from the stream by itself: what it is behind by is there, and not in the log.</summary>
    private static OrderedPlace? ApartOf(BackendSnapshot backend) => backend.Standing is { IsFromStream: true } ? backend.Place : null;

    private TimeSpan? AgeInStream(OrderedPlace place, TimeSpan at) => place switch
    {
        { Lag: 0 } => TimeSpan.Zero,
        { Number: { } number } => _stream.AgeOf((long)number, at),
        _ => null,
    };

    private static TimeSpan? CatchUpInStream(OrderedPlace now, OrderedPlace then, double seconds)
    {
        if (now is not { Number: { } number, Lag: { } lag } || then is not { Number: { } before, Lag: { } lagBefore })
            return null;
        double less = ((double)lagBefore - lag) / seconds;
        return lag == 0 ? null : number >= before && less > 0 ? Seconds(lag / less) : Timeout.InfiniteTimeSpan;
    }

    /// <summary>How its lag has changed since, and what comes of it when that goes on.</summary>
    private static ServerFigures WithPace(ServerFigures now, ServerFigures then, double seconds, long? backlogMax)
    {
        double appended = (now.OwedEver - then.OwedEver) / seconds;
        double done = (now.OwedEver - now.LagBytes - then.OwedEver + then.LagBytes) / seconds;
        double less = done - appended;
        bool isOnItsWay = now.State == ServerState.Current && now.Lag < OnItsWay;
        bool isBehind = now.State == ServerState.CatchingUp || (now.State is ServerState.Current or ServerState.Ejected && !(now.Lag < OnItsWay));
        return now with
        {
            CatchUp = !isBehind ? null : less > 0 ? Seconds(now.LagBytes / less) : Timeout.InfiniteTimeSpan,
            Overflow = backlogMax is { } max && less < 0 && !isOnItsWay ? Seconds(Math.Max(0, max - now.LagBytes) / -less) : null,
        };
    }

    private static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.MaxValue.TotalSeconds / 2));

    private static ServerState StateOf(BackendSnapshot backend, bool isFramed, TimeSpan? age)
    {
        if (backend.IsRemoved)
            return ServerState.Retiring;
        bool isThere = isFramed ? backend.Standing is { IsConnected: true } : backend.State == BackendState.Up;
        if (backend.Order == BackendOrder.Disabled && backend.Connections == 0)
            return ServerState.Disabled;
        if (!isThere)
            return backend.State == BackendState.Down ? ServerState.Down : ServerState.Connecting;
        if (backend.Standing is { IsEjected: true })
            return ServerState.Ejected;
        bool isCurrent = isFramed ? backend.Standing!.IsCurrent : age < OnItsWay;
        return isCurrent ? ServerState.Current : ServerState.CatchingUp;
    }

    private static ServerFigures? Find(Sample sample, BackendAddress address)
    {
        foreach (var server in sample.Servers)
        {
            if (server.Backend.Address.Equals(address))
                return server;
        }

        return null;
    }

    private Timeline LineOf(BackendAddress address) =>
        _perServer.TryGetValue(address, out var line) ? line : _perServer[address] = new Timeline();

    private void Forget(ImmutableArray<BackendSnapshot> backends)
    {
        if (_perServer.Count <= backends.Length)
            return;
        var known = backends.Select(backend => backend.Address).ToHashSet();
        foreach (var gone in _perServer.Keys.Where(address => !known.Contains(address)).ToList())
            _perServer.Remove(gone);
    }
}
