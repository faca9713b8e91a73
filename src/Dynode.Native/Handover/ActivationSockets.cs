using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Dynode.Native.Handover;

/// <summary>
/// Listening sockets that a service manager has opened and hands to each process of a service: sd_listen_fds(3), by LISTEN_PID and
/// LISTEN_FDS. Clients that come while one process ends and the next one starts wait there, and are not refused.
/// </summary>
internal static partial class ActivationSockets
{
    private const int First = 3;
    private const int Most = 64;
    private const int GetFlags = 1, SetFlags = 2, CloseOnExec = 1;
    private const int SolSocket = 1, SoAcceptConn = 30;

    /// <summary>Takes them.</summary>
    /// <param name="variable">The environment.</param>
    /// <param name="port">On which clients are to come.</param>
    /// <param name="tlsPort">On which those are to come that speak TLS; null: none.</param>
    /// <param name="fault">What is wrong with them, as a sentence; null: nothing.</param>
    /// <returns>Empty: there are none, or they are another process's.</returns>
    public static ImmutableArray<Socket> Take(Func<string, string?> variable, int port, int? tlsPort, out string? fault)
    {
        fault = null;
        if (variable("LISTEN_PID") != Environment.ProcessId.ToString(CultureInfo.InvariantCulture) || variable("LISTEN_FDS") is not { Length: > 0 } text)
            return [];
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) || count > Most)
        {
            fault = $"LISTEN_FDS={text} is no number of sockets from 0 to {Most}";
            return [];
        }

        var all = ImmutableArray.CreateBuilder<Socket>(count);
        for (int descriptor = First; descriptor < First + count && fault is null; descriptor++)
        {
            fault = Fault(descriptor, port, tlsPort, out Socket? socket);
            if (socket is not null)
                all.Add(socket);
        }

        if (fault is null && all.Count > 0)
            fault = Missing(all, "port", port) ?? (tlsPort is { } tls ? Missing(all, "tls_port", tls) : null);
        return all.ToImmutable();
    }

    // Where some are handed over, nothing else is listened on: what the service manager does not hold refuses clients while this one is restarted.
    private static string? Missing(IEnumerable<Socket> all, string key, int port) => all.Any(socket => socket.LocalEndPoint is IPEndPoint own && own.Port == port) ? null
        : string.Create(CultureInfo.InvariantCulture, $"none of the sockets that the service manager hands over (LISTEN_FDS) is that of {key}={port}: add its ListenStream= to dynode.socket");

    private static string? Fault(int descriptor, int port, int? tlsPort, out Socket? socket)
    {
        socket = null;
        string what = string.Create(CultureInfo.InvariantCulture, $"descriptor {descriptor}, which the service manager hands over (LISTEN_FDS),");
        if (Control(descriptor, GetFlags, 0) < 0)
            return $"{what} is not open";
        try
        {
            socket = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
            _ = Control(descriptor, SetFlags, CloseOnExec);
            Span<byte> accepts = stackalloc byte[sizeof(int)];
            bool listens = socket.SocketType == SocketType.Stream && socket.GetRawSocketOption(SolSocket, SoAcceptConn, accepts) == sizeof(int) && accepts.ContainsAnyExcept((byte)0);
            if (!listens || socket.LocalEndPoint is not IPEndPoint own)
                return $"{what} is no TCP socket that listens";
            return own.Port == port || own.Port == tlsPort ? null : string.Create(CultureInfo.InvariantCulture, $"{what} listens on port {own.Port}, and port={port}{(tlsPort is { } tls ? $", tls_port={tls}" : "")}");
        }
        catch (SocketException)
        {
            return $"{what} is no socket";
        }
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int descriptor, int operation, int argument);
}
