namespace Dynode.Streams.Nats;

/// <summary>
/// Whether a connection is of use although it lives. A server that was cut off from those that hold the stream with it goes on answering: for a while it takes itself for the leader and confirms nothing,
/// then it says that there is none, for as long as it is cut off. Where another server is known that one is asked instead.
/// <code>
///   published, and no answer of the engine   ─┐
///   pulled, and no answer of the engine      ─┤ for 10 s, of what was asked twice at least, while another
///   it says that the stream has no leader    ─┴ address is known ─▶ over; where it goes on there must be a leader
/// </code>
/// An election takes up to 9 s, and is waited for. Where nobody confirms anything it stays twice as long with each when all have been tried, up to 80 s.
/// Any thread; one lock, at the bottom of all orders.
/// </summary>
internal sealed class NatsUse
{
    /// <summary>So long a connection may be of no use, in ticks.</summary>
    public const long Wait = 10 * TimeSpan.TicksPerSecond;

    /// <summary>What is longer than <see cref="Wait"/> is twice, four times, eight times as long.</summary>
    private const int DoublingsMax = 3;

    private readonly Lock _lock = new();
    private Silence _publishing;
    private Silence _pulling;
    private Silence _leading;
    private int _addresses;
    private int _unconfirmed;
    private bool _mustLead;

    /// <summary>A connection is ready, which is asked from now on.</summary>
    /// <param name="isLeaderless">Its server says that the stream has no leader.</param>
    /// <param name="addresses">That are known, its own among them.</param>
    /// <returns>False: it is of no use either.</returns>
    public bool TryBegin(bool isLeaderless, int addresses)
    {
        lock (_lock)
        {
            if (_mustLead && isLeaderless)
                return false;
            _mustLead = false;
            _addresses = addresses;
            _publishing = _pulling = _leading = default;
            return true;
        }
    }

    /// <summary>Something is on its way to the engine that it is to confirm.</summary>
    /// <param name="now">In ticks, of a clock that never goes back.</param>
    public void Published(long now)
    {
        lock (_lock)
            _publishing.Asked(now);
    }

    /// <summary>The engine has confirmed or refused what was published. That nobody takes it is no answer of the engine's.</summary>
    public void Answered()
    {
        lock (_lock)
        {
            _publishing = default;
            _unconfirmed = 0;
        }
    }

    /// <summary>A pull has ended.</summary>
    /// <param name="began">When, in ticks.</param>
    /// <param name="isAnswered">The engine has said something of what was asked.</param>
    public void Pulled(long began, bool isAnswered)
    {
        lock (_lock)
        {
            if (isAnswered)
                _pulling = default;
            else
                _pulling.Asked(began);
        }
    }

    /// <summary>Its server has said where the stream stands.</summary>
    /// <param name="now">In ticks.</param>
    /// <param name="isLeaderless">And that it has no leader.</param>
    /// <param name="addresses">That are known.</param>
    public void Looked(long now, bool isLeaderless, int addresses)
    {
        lock (_lock)
        {
            _addresses = addresses;
            if (isLeaderless)
                _leading.Asked(now);
            else
                _leading = default;
        }
    }

    /// <summary>Why another address is to be tried; null: it is of use, or there is no other. Said once.</summary>
    /// <param name="now">In ticks.</param>
    public string? WhyOver(long now)
    {
        lock (_lock)
        {
            bool isUnconfirmed = _publishing.IsOver(now, Patience);
            if (_addresses < 2 || (!isUnconfirmed && !_pulling.IsOver(now, Wait) && !_leading.IsOver(now, Wait)))
                return null;
            string why = isUnconfirmed ? $"confirms nothing for {Patience / TimeSpan.TicksPerSecond} s"
                : _pulling.IsOver(now, Wait) ? $"answers no pull for {Wait / TimeSpan.TicksPerSecond} s"
                : $"says for {Wait / TimeSpan.TicksPerSecond} s that the stream has no leader";
            if (isUnconfirmed)
                _unconfirmed++;
            _mustLead = true;
            _publishing = _pulling = _leading = default;
            return why;
        }
    }

    // Who has confirmed anything since is left as soon as the first was.
    private long Patience => Wait << Math.Min(_unconfirmed / Math.Max(1, _addresses), DoublingsMax);

    // Since the first of what was asked and brought nothing.
    private struct Silence
    {
        private const int AskedLeast = 2;

        private long _since;
        private long _last;
        private int _asked;

        public void Asked(long now)
        {
            // What nobody has asked for again was not missed: what is goes out again each 8 s at least, and it is looked each 5 s.
            if (_asked == 0 || now - _last > Wait)
                (_since, _asked) = (now, 0);
            _last = now;
            _asked++;
        }

        public readonly bool IsOver(long now, long max) => _asked >= AskedLeast && now - _since >= max;
    }
}
