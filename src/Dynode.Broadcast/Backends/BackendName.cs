using System.Net;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Backends;

/// <summary>What a lookup has made of a backend; called without the lock.</summary>
internal interface INamed
{
    /// <summary>Its address is known; was it not before, it may be tried at once.</summary>
    void Found(bool isNew);

    /// <summary>There is none that could be used.</summary>
    void NotFound(string error);
}

/// <summary>
/// Where one backend is: what its name stands for, looked up when somebody wants it, every <c>dns_refresh</c> seconds from then on, and
/// when the operator says so. A lookup again that fails, or finds nothing, changes nothing. An address needs no lookup. Fields are guarded by
/// the backend's lock, which members do not take where nothing else is said.
/// </summary>
/// <param name="owner">The backend.</param>
/// <param name="address">What was configured.</param>
/// <param name="plane">Settings, clock, log.</param>
/// <param name="lookups">Who asks.</param>
/// <param name="gate">The backend's lock.</param>
internal sealed class BackendName(INamed owner, BackendAddress address, DataPlane plane, NameLookups lookups, Lock gate)
{
    private readonly EndPointBook _book = new(address);
    private NameTimes _times = new();
    private bool _saidStays;

    /// <summary>Null: it is not known.</summary>
    public EndPoint? Current => _book.Current;

    /// <inheritdoc cref="EndPointBook.IsEmpty"/>
    public bool IsUnknown => _book.IsEmpty;

    /// <inheritdoc cref="NameTimes.IsAsked"/>
    public bool IsAsked => _times.IsAsked;

    /// <inheritdoc cref="EndPointBook.TryNext"/>
    public bool TryNext() => _book.TryNext();

    /// <inheritdoc cref="EndPointBook.HasLeft"/>
    public bool HasLeft(EndPoint endPoint) => _book.HasLeft(endPoint);

    /// <summary>What is an address is known from the start, unless it is our own.</summary>
    public void TakeAddress()
    {
        if (address.Ip is { } ip && _book.Usable([ip], plane.IsOwnEndPoint, out _) is { Length: > 0 } itself)
            _book.Take(itself);
    }

    /// <summary>True: <see cref="Look"/> is to be called, without the lock.</summary>
    /// <param name="now">When.</param>
    /// <param name="isWanted">Somebody waits for an address.</param>
    public bool TryAsk(long now, bool isWanted) =>
        (Current is null ? isWanted : _times.IsRefreshDue(now)) && _times.TryAsk(now);

    /// <summary>As <see cref="TryAsk"/>, because the operator says so.</summary>
    public bool TryAskAgain(long now, bool isWanted) => address.IsName && (Current is not null || isWanted) && _times.TryAsk(now);

    /// <summary>True, once for a lookup: an address is wanted, and there is no answer within <c>connect_timeout</c>.</summary>
    public bool TryGiveUp(long now) => _times.TryOverdue(now, plane.Settings.ConnectTimeout) && Current is null;

    /// <summary>When to look at it again.</summary>
    public long Due => Current is not null || _times.IsAsked ? _times.Due(plane.Settings.ConnectTimeout) : Clock.Never;

    /// <summary>Looks it up; waits for nothing. Without the lock.</summary>
    public void Look()
    {
        if (address.Ip is { } ip)
            Answered(new([ip], null, LookupPast.Prompt));
        else
            lookups.Ask(address.Host, _times.Past, Answered);
    }

    private void Answered(LookupAnswer answer)
    {
        string? error = answer.Error is { } fault ? $"name lookup failed: {fault}" : null;
        EndPoint[] found = error is null ? _book.Usable(answer.Addresses, plane.IsOwnEndPoint, out error) : [];
        EndPoint? before;
        EndPoint? after;
        bool saysStays;
        lock (gate)
        {
            _times.Answered(plane.Clock.Now, answer.Past, plane.Settings.NameRefresh);
            before = Current;
            if (error is null)
                _book.Take(found);
            after = Current;
            saysStays = error is not null && !_saidStays;
            _saidStays = error is not null && before is not null;
        }

        if (after is null)
        {
            owner.NotFound(error!);
            return;
        }

        if (saysStays)
            plane.Logger.NameStays(address, after, error!);
        else if (before is not null && !before.Equals(after))
            plane.Logger.NameMoved(address, before, after);
        owner.Found(isNew: before is null);
    }
}
