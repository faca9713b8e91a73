using Dynode.Broadcast;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Admin;

/// <summary>
/// Looks at the data plane, at most once a second, by one thread of its own: whoever asks, and however many they are, gets the sample that is
/// there. A look waits for a turn's end; so a data plane that hangs has this thread wait, and whoever asks the sample of before, with its age.
/// </summary>
internal sealed class Sampler : IDisposable
{
    /// <summary>No sample is older while somebody asks.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>While nobody asks: so that there is a past when somebody does.</summary>
    private static readonly TimeSpan QuietPeriod = TimeSpan.FromSeconds(5);

    /// <summary>For so long after a question the next one is expected: a scrape comes each 15 s, or each minute.</summary>
    private static readonly TimeSpan AskedFor = TimeSpan.FromSeconds(90);

    /// <summary>Who asks waits so long for a fresh sample.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Func<BroadcastSnapshot> _look;
    private readonly Func<long?> _backlogMax;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly SampleHistory _history = new();
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _wanted = new(0);
    private readonly long _start;
    private TaskCompletionSource _next = NewNext();
    private volatile Sample? _last;
    private TimeSpan _askedAt = -AskedFor;
    private bool _isLooking = true;
    private bool _isOutdated;
    private volatile bool _ends;

    /// <param name="look">Takes a snapshot; may take long.</param>
    /// <param name="backlogMax">Framed: what the log may hold; null in raw.</param>
    /// <param name="log">For faults of this program.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="OutOfMemoryException">There is no thread.</exception>
    public Sampler(Func<BroadcastSnapshot> look, Func<long?> backlogMax, ILogger log, TimeProvider time)
    {
        (_look, _backlogMax, _log, _time) = (look, backlogMax, log, time);
        _start = time.GetTimestamp();
        new Thread(Run) { Name = "sampler", IsBackground = true }.Start();
    }

    /// <summary>Since it was made.</summary>
    public TimeSpan Now => _time.GetElapsedTime(_start);

    /// <summary>How old the newest sample is; null: there is none.</summary>
    public TimeSpan? Age => _last is { } last ? Now - last.At : null;

    /// <summary>The newest sample: at most a <see cref="Period"/> old where the data plane answers; null: it never has.</summary>
    public async Task<Sample?> CurrentAsync()
    {
        // A look that is under way may have begun before what has outdated it: the one behind it has not.
        for (int looks = 0; looks < 2; looks++)
        {
            Task next;
            lock (_lock)
            {
                _askedAt = Now;
                if (Age < Period && !_isOutdated)
                    break;
                next = _next.Task;
                if (!_isLooking && _wanted.CurrentCount == 0)
                    _wanted.Release();
            }

            await Task.WhenAny(next, Task.Delay(Patience, _time)).ConfigureAwait(false);
        }

        return _last;
    }

    /// <summary>What has been seen is no longer so, by an order: whoever asks from now on sees what came of it.</summary>
    public void Outdate()
    {
        lock (_lock)
            _isOutdated = true;
    }

    public void Dispose()
    {
        _ends = true;
        _wanted.Release();
    }

    private static TaskCompletionSource NewNext() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Run()
    {
        while (!_ends)
        {
            try
            {
                _last = _history.Next(_look(), Now, _time.GetUtcNow(), _backlogMax());
            }
            catch (Exception e)
            {
                // The next look may do better; whoever asks sees by its age that this one gave nothing.
                AdminLog.LookFailed(_log, e);
            }

            TaskCompletionSource done;
            TimeSpan wait;
            lock (_lock)
            {
                (done, _next, _isLooking) = (_next, NewNext(), false);
                wait = Now - _askedAt < AskedFor ? Period : QuietPeriod;
            }

            done.TrySetResult();
            _wanted.Wait(wait);
            lock (_lock)
                (_isLooking, _isOutdated) = (true, false);
        }
    }
}
