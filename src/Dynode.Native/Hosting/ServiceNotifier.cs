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
    private readonly Socket? _socket;
    private readonly Action _probe;
    private readonly TimeSpan _interval;
    private readonly ITimer? _timer;

    /// <param name="variable">The environment: NOTIFY_SOCKET, and WATCHDOG_USEC for the process WATCHDOG_PID, or for any.</param>
    /// <param name="probe">Returns once it has seen the broadcaster work; hangs where that hangs.</param>
    /// <param name="time">The clock.</param>
    public ServiceNotifier(Func<string, string?> variable, Action probe, TimeProvider time)
    {
        _probe = probe;
        if (variable("NOTIFY_SOCKET") is not { Length: > 1 } name)
            return;

        // An abstract name is written with @ in place of its zero.
        var address = new UnixDomainSocketEndPoint(name[0] == '@' ? $"\0{name[1..]}" : name);
        _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            _socket.Connect(address);
        }
        catch (SocketException)
        {
            // Nobody waits there, whatever the environment says.
            _socket.Dispose();
            _socket = null;
            return;
        }

        if (!long.TryParse(variable("WATCHDOG_USEC"), NumberStyles.None, CultureInfo.InvariantCulture, out long microseconds) || microseconds == 0)
            return;
        if (variable("WATCHDOG_PID") is { Length: > 0 } pid && pid != Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
            return;

        // As sd_watchdog_enabled(3) advises.
        _interval = TimeSpan.FromMicroseconds(microseconds) / 2;
        _timer = time.CreateTimer(static state => ((ServiceNotifier)state!).Alive(), this, _interval, Timeout.InfiniteTimeSpan);
    }

    /// <summary>It listens, or will as soon as there is a server.</summary>
    public void Ready() => Say("READY=1");

    /// <summary>It reads its configuration again; <see cref="Ready"/> says when that is done.</summary>
    public void Reloading() =>
        Say(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={(long)(Stopwatch.GetTimestamp() * (1e6 / Stopwatch.Frequency))}"));

    /// <summary>It drains.</summary>
    public void Stopping() => Say("STOPPING=1");

    public void Dispose()
    {
        _timer?.Dispose();
        _socket?.Dispose();
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
            // The manager is gone, or we are: nobody is left to be told.
        }
    }
}
