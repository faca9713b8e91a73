using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Dynode.Native.Hosting;

/// <summary>
/// Turns the process's signals into a queue that the host's thread takes from. All are registered explicitly, since the
/// first process of a container has no default ones. The second one that asks for the end does not queue: the host's thread
/// is busy with the first, perhaps for ever. SIGPIPE needs nothing: the runtime ignores it from its first line on.
/// </summary>
internal sealed class Signals : IDisposable
{
    private readonly BlockingCollection<PosixSignal> _pending = [];
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly Action<PosixSignal> _endAtOnce;
    private int _ends;

    /// <param name="endAtOnce">What a second SIGTERM or SIGINT does; on a thread of the runtime's.</param>
    public Signals(Action<PosixSignal> endAtOnce) => _endAtOnce = endAtOnce;

    /// <summary>From now on signals are ours.</summary>
    public void Register()
    {
        foreach (PosixSignal signal in (ReadOnlySpan<PosixSignal>)[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGHUP])
            _registrations.Add(PosixSignalRegistration.Create(signal, Take));
    }

    /// <summary>Waits for the next one.</summary>
    public PosixSignal Next() => _pending.Take();

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }

    private void Take(PosixSignalContext context)
    {
        context.Cancel = true;
        if (context.Signal != PosixSignal.SIGHUP && Interlocked.Increment(ref _ends) > 1)
            _endAtOnce(context.Signal);
        else
            _pending.Add(context.Signal);
    }
}
