using System.Runtime.InteropServices;
using Dynode.Native.Control;

namespace Dynode.Native.Bootstrap;

/// <summary>What ends a bootstrap from outside: its time, and whoever presses Ctrl-C. Used by one thread; signals come on others.</summary>
internal sealed class Bounds : IDisposable
{
    private readonly TimeProvider _time;
    private readonly TimeSpan _limit;
    private readonly long _began;
    private readonly PosixSignalRegistration[] _signals;
    private volatile bool _isStopped;

    /// <param name="limit">For all of it.</param>
    /// <param name="time">The clock.</param>
    public Bounds(TimeSpan limit, TimeProvider time)
    {
        (_time, _limit, _began) = (time, limit, time.GetTimestamp());
        _signals = [PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop)];
    }

    /// <summary>Since the beginning.</summary>
    public TimeSpan Elapsed => _time.GetElapsedTime(_began);

    /// <summary>Ends it where that is due.</summary>
    /// <param name="what">Is waited for.</param>
    public void Check(string what)
    {
        if (_isStopped)
            throw new BootstrapEnd(VerbStatus.No, $"ended while it waited for {what}");
        if (Elapsed >= _limit)
            throw new BootstrapEnd(VerbStatus.No, $"not within {FigureText.Duration(_limit.TotalSeconds)} (--timeout): {what}");
    }

    /// <summary>As a signal does.</summary>
    public void Stop() => _isStopped = true;

    public void Dispose()
    {
        foreach (PosixSignalRegistration signal in _signals)
            signal.Dispose();
    }

    private void Stop(PosixSignalContext context)
    {
        context.Cancel = true;
        Stop();
    }
}
