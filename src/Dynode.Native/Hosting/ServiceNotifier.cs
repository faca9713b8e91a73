using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Dynode.Native.Hosting;

/// <summary>
/// Tells a service manager that waits for word (systemd's <c>Type=notify</c>) when the broadcaster is ready, reads its configuration
/// again, and stops; and, where the manager watches (<c>WatchdogSec=</c>), that it still works: each time only after it has been asked.
/// Without a manager nothing is said. The words are those of sd_notify(3).
/// </summary>
internal sealed class ServiceNotifier : IDisposable
{
    /// <summary>A manager that is busy for so long is not told: a drain must not wait for it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // Any other is no watchdog's time, and no timer's.
    private static readonly TimeSpan IntervalLeast = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan IntervalMost = TimeSpan.FromDays(1);

    /// <summary>How often a manager hears that the start takes longer.</summary>
    private static readonly TimeSpan ExtensionInterval = TimeSpan.FromSeconds(15);

    /// <summary>How much longer, each time: a few of those words may come late, on a busy machine.</summary>
    private static readonly TimeSpan Extension = TimeSpan.FromSeconds(60);

    private readonly Socket? _socket;
    private readonly Action _probe;
    private readonly TimeSpan _interval;
    private readonly ITimer? _timer;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private ITimer? _extending;
    private bool _isReady;
    private bool _isStopping;

    /// <param name="variable">The environment: NOTIFY_SOCKET, and WATCHDOG_USEC for the process WATCHDOG_PID, or for any.</param>
    /// <param name="probe">Returns once it has seen the broadcaster work; hangs where that hangs.</param>
    /// <param name="time">The clock.</param>
    public ServiceNotifier(Func<string, string?> variable, Action probe, TimeProvider time)
    {
        _probe = probe;
        _time = time;
        if (variable("NOTIFY_SOCKET") is not { Length: > 1 } name)
            return;

        _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { SendTimeout = (int)Patience.TotalMilliseconds };
        try
        {
            // An abstract name is written with @ in place of its zero.
            _socket.Connect(new UnixDomainSocketEndPoint(name[0] == '@' ? $"\0{name[1..]}" : name));
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            // Nobody waits there, whatever the environment says.
            _socket.Dispose();
            _socket = null;
            return;
        }

        if (!ulong.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out ulong microseconds) || microseconds == 0)
            return;
        if (variable("WATCHDOG_PID") is { Length: > 0 } pid && pid != Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
            return;

        // As sd_watchdog_enabled(3) advises.
        _interval = TimeSpan.FromMicroseconds(Math.Clamp(microseconds / 2.0, IntervalLeast.TotalMicroseconds, IntervalMost.TotalMicroseconds));
        _timer = time.CreateTimer(static state => ((ServiceNotifier)state!).Alive(), this, _interval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>
    /// It accepts nobody yet, and may not for as long as it takes: until <see cref="Ready"/> a manager is told so, again and again, or it
    /// would take the start for one that hangs. Nothing where it is ready already.
    /// </summary>
    /// <param name="status">What it waits for.</param>
    public void Waiting(string status)
    {
        lock (_lock)
        {
            if (_socket is null || _isReady || _isStopping || _extending is not null)
                return;
            string word = string.Create(CultureInfo.InvariantCulture, $"STATUS={status}\nEXTEND_TIMEOUT_USEC={(long)Extension.TotalMicroseconds}");
            _extending = _time.CreateTimer(_ => Extend(word), null, ExtensionInterval, ExtensionInterval);
            Say(word);
        }
    }

    /// <summary>It accepts clients. Said once, however often it is called.</summary>
    public void Ready()
    {
        lock (_lock)
        {
            if (_isReady || _isStopping)
                return;
            _isReady = true;
            Say(_extending is null ? "READY=1" : "READY=1\nSTATUS=accepting clients");
            _extending?.Dispose();
        }
    }

    /// <summary>It reads its configuration again; <see cref="Reloaded"/> says when that is done.</summary>
    public void Reloading()
    {
        // A start that is not over is not ended by it.
        lock (_lock)
        {
            if (_isReady)
                Say(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={(long)(Stopwatch.GetTimestamp() * (1e6 / Stopwatch.Frequency))}"));
        }
    }

    /// <summary>What was read is in force, or refused.</summary>
    public void Reloaded()
    {
        lock (_lock)
        {
            if (_isReady)
                Say("READY=1");
        }
    }

    /// <summary>It drains.</summary>
    /// <param name="within">The end may take so long: a manager that allows less is asked for more.</param>
    public void Stopping(TimeSpan within)
    {
        lock (_lock)
        {
            _isStopping = true;
            _extending?.Dispose();
            Say(string.Create(CultureInfo.InvariantCulture, $"STOPPING=1\nEXTEND_TIMEOUT_USEC={(long)(within + Extension).TotalMicroseconds}"));
        }
    }

    public void Dispose()
    {
        _timer?.Dispose();
        lock (_lock)
        {
            _isStopping = true;
            _extending?.Dispose();
            _socket?.Dispose();
        }
    }

    private void Extend(string word)
    {
        lock (_lock)
        {
            // A tick that was on its way when the start was over.
            if (!_isReady && !_isStopping)
                Say(word);
        }
    }

    private void Alive()
    {
        _probe();
        Say("WATCHDOG=1");
        _timer?.Change(_interval, Timeout.InfiniteTimeSpan);
    }

    private void Say(string what)
    {
        try
        {
            _socket?.Send(Encoding.ASCII.GetBytes(what));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The manager is gone, or does not listen, or we are gone: nobody is left to be told.
        }
    }
}
