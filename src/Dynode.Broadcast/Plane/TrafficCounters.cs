using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace Dynode.Broadcast.Plane;

/// <summary>Counts over all clients; written by every session, read by snapshots.</summary>
internal sealed class TrafficCounters
{
    private long _received;
    private long _relayed;
    private long _unread;
    private long _writeTimeouts;
    private long _idleTimeouts;
    private long _cut;
    private readonly long[] _ended = new long[Enum.GetValues<EndReason>().Length];

    public long ReceivedBytes => Interlocked.Read(ref _received);

    public long RelayedBytes => Interlocked.Read(ref _relayed);

    public long UnreadBytes => Interlocked.Read(ref _unread);

    public long WriteTimeouts => Interlocked.Read(ref _writeTimeouts);

    /// <summary>Clients by TLS whose end was no close_notify.</summary>
    public long Cuts => Interlocked.Read(ref _cut);

    public long IdleTimeouts => Interlocked.Read(ref _idleTimeouts);

    /// <summary>Clients that ended, by <see cref="EndReason"/>.</summary>
    public ImmutableArray<long> Ended
    {
        get
        {
            long[] ended = new long[_ended.Length];
            for (int reason = 0; reason < ended.Length; reason++)
                ended[reason] = Interlocked.Read(ref _ended[reason]);
            return ImmutableCollectionsMarshal.AsImmutableArray(ended);
        }
    }

    public void Received(int bytes) => Interlocked.Add(ref _received, bytes);

    public void Relayed(int bytes) => Interlocked.Add(ref _relayed, bytes);

    public void Unread(int bytes) => Interlocked.Add(ref _unread, bytes);

    public void End(EndReason reason) => Interlocked.Increment(ref _ended[(int)reason]);

    public long WriteTimedOut() => Interlocked.Increment(ref _writeTimeouts);

    /// <summary>A client has ended, perhaps otherwise than its protocol ends.</summary>
    public void SawEnd(bool isCut)
    {
        if (isCut)
            Interlocked.Increment(ref _cut);
    }

    public long IdleTimedOut() => Interlocked.Increment(ref _idleTimeouts);
}
