using Microsoft.AspNetCore.Connections;

namespace Dynode.Native.Admin;

/// <summary>A connection to the admin side, and what it does. Guarded by its <see cref="OpenConnections"/>.</summary>
/// <param name="connection">Kestrel's.</param>
/// <param name="door">Where it came in.</param>
internal sealed class AdminConnection(ConnectionContext connection, Door door)
{
    public Door Door => door;

    public ConnectionContext Connection => connection;

    /// <summary>A request of it is being answered.</summary>
    public bool IsAtWork { get; set; }

    /// <summary>When its last request ended, or it came.</summary>
    public long IdleSince { get; set; }
}

/// <summary>
/// The connections to the admin side: as many as are at work, up to <see cref="Most"/>, but no more than <see cref="Kept"/> of which some say
/// nothing. One more has its place of the one that has said nothing for longest: a probe is answered however many keep theirs open. Any thread.
/// </summary>
internal sealed class OpenConnections(TimeProvider time)
{
    /// <summary>So many may be idle.</summary>
    public const int Kept = 16;

    /// <summary>There are never more.</summary>
    public const int Most = 64;

    /// <summary>Whoever has just come is about to ask.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly List<AdminConnection> _all = [];

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
                return _all.Count;
        }
    }

    /// <summary>One more.</summary>
    public void Add(AdminConnection connection)
    {
        AdminConnection? goes = null;
        lock (_lock)
        {
            connection.IdleSince = time.GetTimestamp();
            if (_all.Count >= Kept)
                goes = Idlest(orAtWork: _all.Count >= Most);
            if (goes is not null)
                _all.Remove(goes);
            _all.Add(connection);
        }

        goes?.Connection.Abort(new ConnectionAbortedException("a newer connection had its place"));
    }

    /// <summary>It begins, or ends, a request.</summary>
    public void Works(AdminConnection connection, bool begins)
    {
        lock (_lock)
        {
            connection.IsAtWork = begins;
            connection.IdleSince = time.GetTimestamp();
        }
    }

    public void Remove(AdminConnection connection)
    {
        lock (_lock)
            _all.Remove(connection);
    }

    private AdminConnection? Idlest(bool orAtWork)
    {
        AdminConnection? idlest = null;
        foreach (var one in _all)
        {
            bool comesFirst = idlest is null || (idlest.IsAtWork && !one.IsAtWork) || (idlest.IsAtWork == one.IsAtWork && one.IdleSince < idlest.IdleSince);
            if (comesFirst)
                idlest = one;
        }

        return orAtWork || (idlest is { IsAtWork: false } && time.GetElapsedTime(idlest.IdleSince) >= Grace) ? idlest : null;
    }
}
