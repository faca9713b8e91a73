namespace Dynode.Streams.Claims;

/// <summary>How one broadcaster's claim to a server stands.</summary>
public enum ClaimState
{
    /// <summary>It is not known yet whether anybody else claims it.</summary>
    Asked,

    /// <summary>Another broadcaster claims it: <see cref="ServerClaim.Text"/>. It is asked for again and again, for that one may go.</summary>
    Taken,

    /// <summary>This one delivers to it.</summary>
    Held,

    /// <summary>This one did, and another has taken it since: <see cref="ServerClaim.Text"/>. It is asked for again.</summary>
    Lost,
}

/// <summary>
/// One broadcaster's claim to deliver to one server, alone: a key whose value is written over, each third of the lease, by whoever knows its newest revision, and the server's
/// place with it. A claim that was not renewed for a whole lease is anybody's.
/// <code>
///   Asked ──nobody's, released, or not renewed for a lease──▶ Held ──another's──▶ Lost
///     └─────────── another's ──▶ Taken ──────────────────────▲ ▲──────────────────┘
/// </code>
/// Where the engine cannot be asked, nobody else can take it there either, or this one alone is cut off: then it goes on with what it has, and sees when it is back. Times are by a
/// clock that does not jump. Its values may be read from any thread.
/// </summary>
public sealed class ServerClaim : IAsyncDisposable
{
    /// <summary>How often it looks, where nothing is due before.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

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
    private readonly CancellationTokenSource _end = new();
    private readonly Task _running;
    private volatile ServerPlace? _place;
    private volatile string _text = "";
    private volatile ServerPlace? _written;
    private TaskCompletionSource _hurry = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ulong _revision;
    private ulong _revisionSeen;
    private long _revisionSince;
    private long _renewed;
    private volatile ClaimState _state;
    private volatile bool _isRenewed;

    /// <summary>Begins to ask.</summary>
    /// <param name="keys">Where claims are kept.</param>
    /// <param name="server">Its address.</param>
    /// <param name="broadcaster">16 hexadecimal digits, of this life.</param>
    /// <param name="where">The same for people.</param>
    /// <param name="lease">How long a claim lasts that is not renewed.</param>
    /// <param name="time">The clock.</param>
    /// <param name="changed">The state may be another one, or the first place is written. Any thread; must return at once.</param>
    public ServerClaim(IStreamKeys keys, string server, string broadcaster, string where, TimeSpan lease, TimeProvider time, Action changed)
    {
        (_keys, _key, _broadcaster, _where, _lease, _time, _changed) = (keys, ClaimedServer.KeyOf(server), broadcaster, where, lease, time, changed);
        _running = Task.Run(RunAsync);
    }

    /// <summary>How it stands.</summary>
    public ClaimState State => _state;

    /// <summary>It is another's, who has been seen to renew it: that one lives.</summary>
    public bool IsRenewed => _isRenewed && _state is ClaimState.Taken or ClaimState.Lost;

    /// <summary>Who has it, or why nothing is known, in words.</summary>
    public string Text => _text;

    /// <summary>Where the server stands, by what was said last, by this one or whoever had it before; null: nobody has said.</summary>
    public ServerPlace? Place => _place;

    /// <summary>What is written of it; null: nothing is.</summary>
    public ServerPlace? Written => _written;

    /// <summary>Where the server stands now: written with the next renewal, within a second; the first one at once.</summary>
    public void Stands(ServerPlace place)
    {
        _place = place;
        if (_written is null)
            Volatile.Read(ref _hurry).TrySetResult();
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
            if (await _keys.TryPutAsync(_key, Value(place ?? _place, isReleased: true), _revision, cancellation).ConfigureAwait(false) is not null)
                return;

            // The renewal that has just been broken off may have been done.
            if (await _keys.GetAsync(_key, cancellation).ConfigureAwait(false) is { } value && IsOurs(value))
                await _keys.TryPutAsync(_key, Value(place ?? _place, isReleased: true), value.Revision, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Then the lease has to run out: others wait for that.
            _text = e.Message;
        }
    }

    /// <summary>Asks and renews no more; what is held is anybody's after a lease.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            var state = _state;
            try
            {
                using var late = new CancellationTokenSource(_lease / 3, _time);
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(_end.Token, late.Token);
                state = await LookAsync(patience.Token).ConfigureAwait(false);
            }
            catch (IOException e)
            {
                _text = e.Message;
            }
            catch (OperationCanceledException)
            {
                _text = "the engine does not answer";
            }

            Become(state);
            try
            {
                await PauseAsync().ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    /// <summary>Until it is time to look again, or the first place is to be written.</summary>
    private async Task PauseAsync()
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        var due = Task.Delay(Pace < _lease / 3 ? Pace : _lease / 3, _time, enough.Token);
        if (_state == ClaimState.Held && _written is null)
            await Task.WhenAny(due, Volatile.Read(ref _hurry).Task).ConfigureAwait(false);
        else
            await due.ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
        Volatile.Write(ref _hurry, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _end.Token.ThrowIfCancellationRequested();
    }

    private async Task<ClaimState> LookAsync(CancellationToken cancellation)
    {
        if (_state == ClaimState.Held)
            return await RenewAsync(cancellation).ConfigureAwait(false);
        return await AcquireAsync(cancellation).ConfigureAwait(false);
    }

    private async Task<ClaimState> AcquireAsync(CancellationToken cancellation)
    {
        var value = await _keys.GetAsync(_key, cancellation).ConfigureAwait(false);
        long before = _time.GetTimestamp();
        ulong revision = value?.Revision ?? 0;
        bool isAnother = revision != _revisionSeen, isFirst = _revisionSeen == 0;
        if (isAnother)
            (_revisionSeen, _revisionSince) = (revision, before);
        ClaimedServer? there = null;
        if (value is not null)
        {
            there = ClaimedServer.Read(value.Value.Span);
            if (there is null)
            {
                _text = $"{_key} holds something else";
                return ClaimState.Taken;
            }

            // Ours: it was written by an attempt of which no answer came.
            if (!there.IsReleased && there.Broadcaster != _broadcaster && _time.GetElapsedTime(_revisionSince) < _lease)
            {
                _text = there.Where;
                if (isAnother && !isFirst && !_isRenewed)
                {
                    _isRenewed = true;
                    _changed();
                }

                return ClaimState.Taken;
            }
        }

        _place = there?.Place;
        if (await _keys.TryPutAsync(_key, Value(_place, isReleased: false), revision, cancellation).ConfigureAwait(false) is not { } written)
        {
            // Another was quicker. Who it is the next look says.
            return _state;
        }

        Wrote(written, before, _place);
        return ClaimState.Held;
    }

    private async Task<ClaimState> RenewAsync(CancellationToken cancellation)
    {
        var place = _place;
        if (place == _written && _time.GetElapsedTime(_renewed) < _lease / 3)
            return ClaimState.Held;
        for (int attempt = 0; attempt < 2; attempt++)
        {
            long before = _time.GetTimestamp();
            if (await _keys.TryPutAsync(_key, Value(place, isReleased: false), _revision, cancellation).ConfigureAwait(false) is { } written)
            {
                bool isFirst = _written is null && place is not null;
                Wrote(written, before, place);
                if (isFirst)
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

    private void Wrote(ulong revision, long before, ServerPlace? place) => (_revision, _renewed, _written, _text) = (revision, before, place, "");

    private byte[] Value(ServerPlace? place, bool isReleased) => new ClaimedServer(_broadcaster, _where, isReleased, place) { Acquisition = _acquisition }.Write();

    private void Become(ClaimState state)
    {
        if (state == _state)
            return;
        _state = state;
        _changed();
    }
}
