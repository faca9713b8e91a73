using System.Net;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Raw;

/// <summary>
/// What has ended of one session, and when a byte last went:
/// <code>
///   open ──▶ <see cref="LogEnded"/> ──▶ <see cref="ClientClosed"/> ──▶ <see cref="IsOver"/>
/// </code>
/// Who ends what is <see cref="SessionEnding"/>'s and <see cref="ClientEnding"/>'s; here is only what became of it. Pure; owned by the
/// session's turns.
/// </summary>
internal sealed class SessionLife(EndPoint? client, long now)
{
    /// <summary>
    /// How long a client that did not end first is waited for behind our FIN: a pool that reads the end closes within a round
    /// trip; one that does not look holds a descriptor, not data.
    /// </summary>
    private static readonly TimeSpan ClientEndWait = TimeSpan.FromSeconds(1);

    private long _endedAt;
    private long _finishedAt = Clock.Never;

    /// <summary>When it began.</summary>
    public long Since { get; } = now;

    /// <summary>Whose it is.</summary>
    public EndPoint? Client => client;

    /// <summary>Why the client ended; before, why it does if nobody says more.</summary>
    public ClientEnd Why { get; private set; } = ClientEnd.ByClient;

    /// <summary>No more will come to the log.</summary>
    public bool LogEnded { get; private set; }

    /// <summary>It ended in the midst of what the client sent: that broke off, or was closed because it takes nothing.</summary>
    public bool IsBroken { get; private set; }

    /// <summary>The client's socket is closed.</summary>
    public bool ClientClosed { get; private set; }

    /// <summary>Nothing is left of the session.</summary>
    public bool IsOver { get; private set; }

    /// <summary>When a byte last went in any direction.</summary>
    public long LastActivity { get; private set; } = now;

    /// <summary>When the client has been waited for long enough behind our FIN.</summary>
    public long FinishDeadline => _finishedAt == Clock.Never ? Clock.Never : _finishedAt + ClientEndWait.Ticks;

    /// <summary>A byte came from the client, or from a server.</summary>
    public void Touch(long now)
    {
        // With the client gone only what servers take counts as life, or one that floods us would keep its session for ever.
        if (!ClientClosed)
            LastActivity = now;
    }

    /// <summary>A server took what it was owed.</summary>
    public void Delivered(long now) => LastActivity = now;

    /// <summary>True, once: the log ends now.</summary>
    public bool TryEndLog(ClientEnd end, bool isBroken, long now)
    {
        if (LogEnded)
            return false;
        LogEnded = true;
        IsBroken = isBroken;
        Why = end;
        _endedAt = now;
        return true;
    }

    /// <summary>Its client is ended for this, whatever ended the log: its FIN alone would have left it its replies.</summary>
    public void Blame(ClientEnd end)
    {
        if (!ClientClosed)
            Why = ClientEnd.Of(Why, end);
    }

    /// <summary>The client was sent our FIN.</summary>
    public void Finished(long now) => _finishedAt = now;

    /// <summary>True, once: the client's socket is to be closed now.</summary>
    public bool TryCloseClient()
    {
        if (ClientClosed)
            return false;
        ClientClosed = true;
        return true;
    }

    public void End() => IsOver = true;

    /// <summary>When silence has lasted long enough.</summary>
    public long IdleDeadline(TimeSpan idleTimeout) => Clock.After(LastActivity, idleTimeout);

    /// <summary>When a session whose log has ended has lingered long enough.</summary>
    public long LingerDeadline(TimeSpan lingerTimeout) => Math.Max(_endedAt, LastActivity) + lingerTimeout.Ticks;
}
