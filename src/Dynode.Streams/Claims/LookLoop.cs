namespace Dynode.Streams.Claims;

/// <summary>Looks at what lies beside the stream, each second or each third of a lease, if that is less; no look may take longer than a third of a lease. One look at a time.</summary>
internal sealed class LookLoop : IAsyncDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;
    private readonly Func<CancellationToken, Task> _look;
    private readonly Action<string> _failed;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _running;
    private volatile TaskCompletionSource _hurry = New();

    /// <summary>Begins.</summary>
    /// <param name="lease">Of whatever is renewed by looks.</param>
    /// <param name="time">The clock.</param>
    /// <param name="look">One look; it is given up by its token.</param>
    /// <param name="failed">Why one has not been done, in words.</param>
    public LookLoop(TimeSpan lease, TimeProvider time, Func<CancellationToken, Task> look, Action<string> failed)
    {
        (_patience, _time, _look, _failed) = (lease / 3, time, look, failed);
        _running = Task.Run(RunAsync);
    }

    /// <summary>The next look is due at once. Any thread.</summary>
    public void Hurry() => _hurry.TrySetResult();

    /// <summary>The last look has been done, or given up.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                using var late = new CancellationTokenSource(_patience, _time);
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(_end.Token, late.Token);
                await _look(patience.Token).ConfigureAwait(false);
            }
            catch (IOException e)
            {
                _failed(e.Message);
            }
            catch (OperationCanceledException)
            {
                _failed("the engine does not answer");
            }

            await PauseAsync().ConfigureAwait(false);
        }
    }

    private async Task PauseAsync()
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        var pause = Task.Delay(Pace < _patience ? Pace : _patience, _time, over.Token);
        await Task.WhenAny(pause, _hurry.Task).ConfigureAwait(false);
        if (_hurry.Task.IsCompleted)
            _hurry = New();
        await over.CancelAsync().ConfigureAwait(false);
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
