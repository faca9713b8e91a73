using Microsoft.Extensions.Logging;

namespace Dynode.Native.State;

/// <summary>
/// Keeps <c>servers.json</c> what the state is, by a thread of its own: a disk that stands still holds up nobody but who wants to know
/// that something is on it. What cannot be written stays in force, and is tried at the next change and every <see cref="RetryInterval"/>.
/// <code>
///   any thread ──Change──▶ state, version ──▶ the thread: look, write beside, fsync, rename ──▶ who has waited
/// </code>
/// The gate guards state and versions, and is held for no system call; what belongs to the disk is the writing thread's, one at a time.
/// </summary>
internal sealed class StateKeeper(StateDirectory directory, KeptState state, ILogger logger, TimeProvider time) : IDisposable
{
    /// <summary>How often gaps are looked at.</summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    public static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(10);

    /// <summary>Between two lines of one fault.</summary>
    public static readonly TimeSpan RepeatInterval = TimeSpan.FromMinutes(1);

    /// <summary>How long an end waits for a disk.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly object _gate = new();
    private readonly Lock _writing = new();
    private readonly List<TaskCompletionSource<string?>> _waiting = [];
    private KeptState _state = state;
    private long _version;
    private bool _isOver;
    private Func<KeptState, KeptState>? _look;
    private Thread? _thread;

    // Of the writing thread.
    private byte[] _onDisk = [];
    private long _tried;
    private string? _fault;
    private long _triedAt;
    private string? _said;
    private long _saidAt;

    /// <summary>At this moment.</summary>
    public KeptState State
    {
        get
        {
            lock (_gate)
                return _state;
        }
    }

    /// <summary>The file.</summary>
    public StateDirectory Directory => directory;

    /// <summary>From now on a thread writes, and looks.</summary>
    /// <param name="look">What it sees each second, if anything: the very state where nothing has changed; on the thread.</param>
    public void Start(Func<KeptState, KeptState>? look)
    {
        _look = look;
        var thread = new Thread(Run) { Name = "state", IsBackground = true };
        try
        {
            thread.Start();
            _thread = thread;
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            StateLog.NoThread(logger, directory.FilePath);
        }
    }

    /// <summary>Changes the state at once, and the file soon.</summary>
    /// <param name="change">Under the gate: it waits for nothing. It may run for a state that it changes in nothing.</param>
    /// <returns>Null, when it is on disk; else why it is not.</returns>
    public Task<string?> Change(Func<KeptState, KeptState> change) => Change(change, isLast: false);

    private Task<string?> Change(Func<KeptState, KeptState> change, bool isLast)
    {
        Task<string?> written;
        lock (_gate)
        {
            if (_isOver)
                return Task.FromResult<string?>("the end has begun");
            _state = change(_state);
            _version++;
            _isOver = isLast;
            var waiting = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add(waiting);
            written = waiting.Task;
            Monitor.Pulse(_gate);
        }

        if (_thread is null)
            Turn();
        return written;
    }

    /// <summary>The last change of a run; waits for the disk, within bounds.</summary>
    /// <returns>Null: it is on disk.</returns>
    public string? End(Func<KeptState, KeptState> last)
    {
        Task<string?> written = Change(last, isLast: true);
        return Over() && written.IsCompleted ? written.Result : $"nothing came of it within {Patience.TotalSeconds} s";
    }

    /// <summary>Nothing is written from now on, for the file is somebody else's: a successor's, who has the lock.</summary>
    public void LetGo() => Over();

    public void Dispose()
    {
        // A disk that stands still keeps the lock until the process ends: nobody else is to write meanwhile.
        if (Over())
            directory.Dispose();
    }

    /// <summary>One look and what follows from it; for tests, and where there is no thread.</summary>
    internal void Turn()
    {
        lock (_writing)
        {
            try
            {
                Look();
                Write();
            }
            catch (Exception e)
            {
                StateLog.Failed(logger, e);
                Answer(Taken(), "a fault of dynode itself");
            }
        }
    }

    private bool Over()
    {
        lock (_gate)
        {
            _isOver = true;
            Monitor.Pulse(_gate);
        }

        return _thread is not { } thread || thread.Join(Patience);
    }

    private void Run()
    {
        for (bool isLast = false; !isLast;)
        {
            lock (_gate)
            {
                if (!_isOver && _waiting.Count == 0)
                    Monitor.Wait(_gate, _look is null && _fault is null ? Timeout.InfiniteTimeSpan : LookInterval);
                isLast = _isOver;
            }

            Turn();
        }
    }

    private void Look()
    {
        if (_look is not { } look)
            return;
        KeptState before;
        lock (_gate)
        {
            if (_isOver)
                return;
            before = _state;
        }

        // The look is at the data plane, which a gate of ours must not wait for; a change meanwhile has the next one.
        KeptState after = look(before);
        lock (_gate)
        {
            if (!_isOver && ReferenceEquals(_state, before) && !ReferenceEquals(after, before))
                (_state, _version) = (after, _version + 1);
        }
    }

    private void Write()
    {
        KeptState state;
        long version;
        List<TaskCompletionSource<string?>> waiting;
        lock (_gate)
        {
            (state, version) = (_state, _version);
            waiting = Taken();
        }

        bool isDue = _fault is null ? version != _tried : version != _tried || time.GetElapsedTime(_triedAt) >= RetryInterval;
        if (!isDue)
        {
            Answer(waiting, _fault);
            return;
        }

        // The moment is no change.
        byte[] content = StateText.Write(state, DateTimeOffset.UnixEpoch);
        if (!content.AsSpan().SequenceEqual(_onDisk))
        {
            (_tried, _triedAt) = (version, time.GetTimestamp());
            string? fault = directory.Write(StateText.Write(state, time.GetUtcNow()));
            _onDisk = fault is null ? content : [];
            Say(fault);
            _fault = fault;
        }

        _tried = version;
        Answer(waiting, _fault);
    }

    private void Say(string? fault)
    {
        if (fault is null)
        {
            if (_fault is not null)
                StateLog.Written(logger, directory.FilePath);
            _said = null;
        }
        else if (fault != _said || time.GetElapsedTime(_saidAt) >= RepeatInterval)
        {
            (_said, _saidAt) = (fault, time.GetTimestamp());
            StateLog.NotWritten(logger, directory.FilePath, fault);
        }
    }

    private List<TaskCompletionSource<string?>> Taken()
    {
        lock (_gate)
        {
            List<TaskCompletionSource<string?>> taken = [.. _waiting];
            _waiting.Clear();
            return taken;
        }
    }

    private static void Answer(List<TaskCompletionSource<string?>> waiting, string? fault)
    {
        foreach (var one in waiting)
            one.SetResult(fault);
    }
}
