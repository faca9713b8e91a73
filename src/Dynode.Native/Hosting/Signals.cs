using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Dynode.Native.Hosting;

/// <summary>
/// Turns the process's signals into a queue that the host's thread takes from. All are registered explicitly, since the
/// first process of a container has no default ones. The second one that asks for the end does not queue: the host's thread
/// is busy with the first, perhaps for ever. One that comes right behind the first is the same one, sent twice: timeout(1), a
/// terminal with a wrapper in between and some container runtimes tell both the process and its group. SIGPIPE needs nothing: the runtime ignores it from its first line on.
/// </summary>
internal sealed class Signals : IDisposable
{
    /// <summary>
    /// The two copies are sent within microseconds, and seen within milliseconds even where the machine is busy; no person, and no
    /// supervisor that means it, asks again so soon.
    /// </summary>
    public static readonly TimeSpan SameSignal = TimeSpan.FromMilliseconds(50);

    /// <summary>SIGUSR1 of Linux, which the runtime has no name for.</summary>
    public const PosixSignal User1 = (PosixSignal)10;

    /// <summary>No signal, but what the host's thread is told like one: a successor is ready.</summary>
    public const PosixSignal Successor = (PosixSignal)1000;

    private readonly BlockingCollection<PosixSignal> _pending = [];
    // Never given back: the copy of a signal may come when all has ended but the process, and would end that by its default.
    private static readonly List<PosixSignalRegistration> Registrations = [];

    private readonly Lock _lock = new();
    private readonly Action<PosixSignal> _endAtOnce;
    private readonly TimeProvider _time;
    private long? _end;
    private bool _isOver;

    /// <param name="endAtOnce">What a second SIGTERM or SIGINT does; on a thread of the runtime's.</param>
    /// <param name="time">The clock.</param>
    public Signals(Action<PosixSignal> endAtOnce, TimeProvider time)
    {
        _endAtOnce = endAtOnce;
        _time = time;
    }

    /// <summary>From now on signals are ours.</summary>
    public void Register()
    {
        foreach (PosixSignal signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP, User1])
            Registrations.Add(PosixSignalRegistration.Create(signal, Take));
    }

    /// <summary>Waits for the next one.</summary>
    public PosixSignal Next() => _pending.Take();

    /// <summary>The next one, if it comes within that time.</summary>
    public bool TryNext(TimeSpan within, out PosixSignal signal) => _pending.TryTake(out signal, within);

    /// <summary>The end has come: whatever is sent from now on changes nothing.</summary>
    public void Dispose()
    {
        lock (_lock)
            _isOver = true;
    }

    private void Take(PosixSignalContext context)
    {
        context.Cancel = true;
        Take(context.Signal);
    }

    internal void Take(PosixSignal signal)
    {
        bool again;
        lock (_lock)
        {
            if (_isOver)
                return;
            if (signal is PosixSignal.SIGHUP or User1 or Successor)
            {
                _pending.Add(signal);
                return;
            }

            if (_end is { } first && _time.GetElapsedTime(first) < SameSignal)
                return;
            again = _end is not null;
            _end ??= _time.GetTimestamp();
        }

        if (again)
            _endAtOnce(signal);
        else
            _pending.Add(signal);
    }
}
