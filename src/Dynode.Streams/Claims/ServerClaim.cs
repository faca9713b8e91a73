namespace Dynode.Streams.Claims;

/// <summary>
/// One broadcaster's claim to deliver to one server, alone: a key whose value is written over, each third of the lease, by whoever knows its newest revision, and the server's
/// place with it. A claim that was not renewed for a whole lease is anybody's.
/// <code>
///   Asked ──nobody's, released, or not renewed for a lease──▶ Held ──another's──▶ Lost
///     └─────────── another's ──▶ Taken ◀──────────── yielded ─┘ ▲──────────────────┘
/// </code>
/// Of several that would have it (<see cref="LivingWatch"/>) each waits by its rank behind the moment at which it is anybody's.
/// Where the engine cannot be asked, nobody else can take it there either, or this one alone is cut off: it stays held until another is seen, but once a lease has passed nobody may count on it (<see cref="Overdue"/>). Times are by a
/// clock that does not jump. Its values may be read from any thread.
/// </summary>
public sealed class ServerClaim : IAsyncDisposable
{
    /// <summary>For each that comes before this one: two looks, for one may have seen the last renewal a look later than another.</summary>
    private static readonly TimeSpan RankStep = TimeSpan.FromSeconds(2);

    private static ulong _acquired;

    // Another claim of the same broadcaster to the same server is not this one.
    private readonly ulong _acquisition = Interlocked.Increment(ref _acquired);
    private readonly IStreamKeys _keys;
    private readonly string _key;
    private readonly string _broadcaster;
    private readonly string _where;
    private readonly TimeSpan _lease;
    private readonly TimeProvider _time;
    private readonly Action _changed;
    private readonly Func<Living?>? _living;
    private readonly ulong _hash;
    private readonly LookLoop _looks;
    private volatile ServerPlace? _place;
    private volatile string _text = "";
    private volatile ServerPlace? _written;
    private volatile ServerLink? _link;
    private volatile ServerLink? _linkWritten;
    private ulong _revision;
    private ulong _epoch;
    private ulong? _revisionSeen;
    private long _revisionSince;
    private long _renewed;
    private volatile ClaimState _state;
    private volatile LivingOne? _rather;
    private volatile bool _yields;
    private long? _yieldedAt;

    /// <summary>Begins to ask.</summary>
    /// <param name="keys">Where claims are kept.</param>
    /// <param name="server">Its address.</param>
    /// <param name="broadcaster">16 hexadecimal digits, of this life.</param>
    /// <param name="where">The same for people.</param>
    /// <param name="lease">How long a claim lasts that is not renewed.</param>
    /// <param name="time">The clock.</param>
    /// <param name="changed">The state may be another one, or the first place is written. Any thread; must return at once.</param>
    /// <param name="living">Who else would have it; null in itself: nobody. Where it says null nothing is known yet, and nothing is taken.</param>
    public ServerClaim(IStreamKeys keys, string server, string broadcaster, string where, TimeSpan lease, TimeProvider time, Action changed, Func<Living?>? living = null)
    {
        (_keys, _key, _broadcaster, _where, _lease, _time, _changed) = (keys, ClaimedServer.KeyOf(server), broadcaster, where, lease, time, changed);
        (_living, _hash) = (living, ServerList.HashOf(server));
        _looks = new LookLoop(lease, time, async cancellation => Become(await LookAsync(cancellation).ConfigureAwait(false)), Failed);
    }

    /// <summary>How it stands.</summary>
    public ClaimState State => _state;

    /// <summary>It is held, and one that lives would rather have it: it is to be yielded; null: it is not.</summary>
    public LivingOne? Rather => _state == ClaimState.Held ? _rather : null;

    /// <summary>Who has it, or why nothing is known, in words.</summary>
    public string Text => _text;

    /// <summary>The revision by which it was acquired: who acquires it later has a higher one.</summary>
    public ulong Epoch => Volatile.Read(ref _epoch);

    /// <summary>For how long it has not been renewed, beyond its lease, counted from before the renewal was sent: it may be anybody's by now; zero: it is nobody else's.</summary>
    public TimeSpan Overdue => _time.GetElapsedTime(Volatile.Read(ref _renewed)) - _lease is var overdue && overdue > TimeSpan.Zero ? overdue : TimeSpan.Zero;

    /// <summary>Where the server stands, by what was said last, by this one or whoever had it before; null: nobody has said.</summary>
    public ServerPlace? Place => _place;

    /// <summary>What is written of it; null: nothing is.</summary>
    public ServerPlace? Written => _written;

    /// <summary>Where the server stands now: written with the next renewal, within a second; the first one at once.</summary>
    public void Stands(ServerPlace place)
    {
        _place = place;
        if (_written is null && _state == ClaimState.Held)
            _looks.Hurry();
    }

    /// <summary>The connection on which it is delivered to, or was by whoever had it before, as long as there is no other; null: none is known.</summary>
    public ServerLink? Link => _link;

    /// <summary>It is delivered to on this one from now on: written at once.</summary>
    public void Linked(ServerLink link)
    {
        _link = link;
        _looks.Hurry();
    }

    /// <summary>There may be an answer now: it looks at once. Any thread.</summary>
    public void Hurry() => _looks.Hurry();

    /// <summary>Nothing more is sent to it: whoever would rather have it may at once, at the place said last. This one asks for it again.</summary>
    public void Yield()
    {
        _yields = true;
        _looks.Hurry();
    }

    /// <summary>Writes the last place and lets others have it at once.</summary>
    /// <param name="place">Null: as it was said last.</param>
    /// <param name="cancellation">Ends the wait: it is anybody's after a lease then.</param>
    public async Task ReleaseAsync(ServerPlace? place, CancellationToken cancellation)
    {
        await DisposeAsync().ConfigureAwait(false);
        if (_state != ClaimState.Held)
            return;
        _state = ClaimState.Lost;
        try
        {
            if (await _keys.TryPutAsync(_key, Value(place ?? _place, isReleased: true, _link), _revision, cancellation).ConfigureAwait(false) is not null)
                return;

            // The renewal that has just been broken off may have been done.
            if (await _keys.GetAsync(_key, cancellation).ConfigureAwait(false) is { } value && IsOurs(value))
                await _keys.TryPutAsync(_key, Value(place ?? _place, isReleased: true, _link), value.Revision, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Then the lease has to run out: others wait for that.
            _text = e.Message;
        }
    }

    /// <summary>Asks and renews no more; what is held is anybody's after a lease.</summary>
    public ValueTask DisposeAsync() => _looks.DisposeAsync();

    // Who has it is the last that is known of it.
    private void Failed(string why)
    {
        if (_state is not (ClaimState.Taken or ClaimState.Lost))
            _text = why;
    }

    private async Task<ClaimState> LookAsync(CancellationToken cancellation)
    {
        if (_state != ClaimState.Held)
            return await AcquireAsync(cancellation).ConfigureAwait(false);
        if (_yields)
            return await YieldAsync(cancellation).ConfigureAwait(false);
        var state = await RenewAsync(cancellation).ConfigureAwait(false);
        var rather = _living?.Invoke()?.Rather(_hash);
        if (state == ClaimState.Held && rather?.Broadcaster != _rather?.Broadcaster)
        {
            _rather = rather;
            _changed();
        }

        return state;
    }

    private async Task<ClaimState> YieldAsync(CancellationToken cancellation)
    {
        if (await _keys.TryPutAsync(_key, Value(_place, isReleased: true, _link), _revision, cancellation).ConfigureAwait(false) is null
            && await _keys.GetAsync(_key, cancellation).ConfigureAwait(false) is { } value && IsOurs(value))
        {
            // Our own last write was done though we were not told: once more, over that.
            _revision = value.Revision;
            return ClaimState.Held;
        }

        _text = _rather?.Where ?? "given to another";
        (_yields, _yieldedAt, _rather) = (false, _time.GetTimestamp(), null);
        return ClaimState.Taken;
    }

    private async Task<ClaimState> AcquireAsync(CancellationToken cancellation)
    {
        var value = await _keys.GetAsync(_key, cancellation).ConfigureAwait(false);
        long before = _time.GetTimestamp();
        ulong revision = value?.Revision ?? 0;
        if (revision != _revisionSeen)
            (_revisionSeen, _revisionSince) = (revision, before);

        // From when on it is anybody's; ours was written by an attempt of which no answer came.
        ClaimedServer? there = null;
        TimeSpan free = TimeSpan.Zero;
        bool isOurs = false;
        if (value is not null)
        {
            there = ClaimedServer.Read(value.Value.Span);
            if (there is null)
            {
                _text = $"{_key} holds something else";
                return ClaimState.Taken;
            }

            isOurs = !there.IsReleased && there.Broadcaster == _broadcaster;
            free = there.IsReleased || isOurs ? TimeSpan.Zero : _lease;
            if (_time.GetElapsedTime(_revisionSince) < free)
            {
                _text = there.Where;
                return ClaimState.Taken;
            }
        }

        if (!isOurs && Patience(there?.Broadcaster) is var patience && (patience is null || _time.GetElapsedTime(_revisionSince) < free + patience))
            return _state;
        (_place, _link) = (there?.Place, there?.Link);
        if (await _keys.TryPutAsync(_key, Value(_place, isReleased: false, _link), revision, cancellation).ConfigureAwait(false) is not { } written)
        {
            // Another was quicker. Who it is the next look says.
            return _state;
        }

        // What was to be yielded was lost before it was: this is another time, and it is sent something again.
        _yields = false;
        Volatile.Write(ref _epoch, written);
        Wrote(written, before, _place, _link);
        return ClaimState.Held;
    }

    /// <summary>How long others are waited for that come before this one; null: for now.</summary>
    /// <param name="before">Who had it, and has let it go, or his lease run out.</param>
    private TimeSpan? Patience(string? before)
    {
        if (_living is null)
            return TimeSpan.Zero;
        if (_living() is not { } living)
            return null;
        bool isWaiting = _yieldedAt is { } at && living.Rather(_hash) is not null && _time.GetElapsedTime(at) < _lease;
        return isWaiting ? null : living.RankOf(_hash, before) * RankStep;
    }

    private async Task<ClaimState> RenewAsync(CancellationToken cancellation)
    {
        var (place, link) = (_place, _link);
        if (place == _written && link == _linkWritten && _time.GetElapsedTime(_renewed) < _lease / 3)
            return ClaimState.Held;
        for (int attempt = 0; attempt < 2; attempt++)
        {
            long before = _time.GetTimestamp();
            if (await _keys.TryPutAsync(_key, Value(place, isReleased: false, link), _revision, cancellation).ConfigureAwait(false) is { } written)
            {
                bool isNews = (_written is null && place is not null) || Overdue > TimeSpan.Zero;

                // Somebody had removed the key: whoever may have had the server meanwhile came before.
                if (_revision == 0)
                    Volatile.Write(ref _epoch, written);
                Wrote(written, before, place, link);
                if (isNews)
                    _changed();
                break;
            }

            // Our own last write may have been done though we were not told; and where somebody has removed the key nobody else has the server.
            var value = await _keys.GetAsync(_key, cancellation).ConfigureAwait(false);
            if (value is not null && !IsOurs(value))
            {
                _text = ClaimedServer.Read(value.Value.Span) is { } there ? there.Where : $"{_key} holds something else";
                return ClaimState.Lost;
            }

            _revision = value?.Revision ?? 0;
        }

        return ClaimState.Held;
    }

    private bool IsOurs(KeyValue value) => ClaimedServer.Read(value.Value.Span) is { IsReleased: false } there && there.Broadcaster == _broadcaster && there.Acquisition == _acquisition;

    private void Wrote(ulong revision, long before, ServerPlace? place, ServerLink? link)
    {
        Volatile.Write(ref _renewed, before);
        (_revision, _written, _linkWritten, _text) = (revision, place, link, "");
    }

    private byte[] Value(ServerPlace? place, bool isReleased, ServerLink? link) =>
        new ClaimedServer(_broadcaster, _where, isReleased, place) { Acquisition = _acquisition, Link = link }.Write();

    private void Become(ClaimState state)
    {
        if (state == _state)
            return;
        _state = state;
        _changed();
    }
}
