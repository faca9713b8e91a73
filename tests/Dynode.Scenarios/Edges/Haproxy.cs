using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using Dynode.TestKit;

namespace Dynode.Scenarios.Edges;

/// <summary>A real haproxy, with one place that it listens at.</summary>
internal sealed class Haproxy : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly PortLease _lease = new();
    private readonly ProcessUnderTest _process;

    private Haproxy(string bind, string server, bool byUnix)
    {
        // A file, and no port.
        Path = System.IO.Path.Combine(_folder.Path, "socket");
        string at = byUnix ? $"unix@{Path}" : $"127.0.0.1:{_lease.Port}";
        string file = _folder.Write("haproxy.cfg", $"""
            global
                nbthread 1
                maxconn 200
            defaults
                mode tcp
                timeout connect 30s
                timeout client 60s
                timeout server 60s
                timeout check 30s
            listen all
                bind {at} {bind}
                server one {server}

            """);
        try
        {
            _process = ProcessUnderTest.Start("haproxy", ["-db", "-f", file]);
        }
        catch (Win32Exception e)
        {
            throw new ExpectationException("haproxy is missing: sudo apt-get install -y haproxy", e);
        }
    }

    public int Port => _lease.Port;

    /// <summary>Of its unix socket, where it listens there.</summary>
    public string Path { get; }

    public string Address => $"127.0.0.1:{Port}";

    /// <summary>Listening when done.</summary>
    /// <param name="server">Behind it, with what is said to it.</param>
    /// <param name="bind">What stands behind its own address.</param>
    /// <param name="byUnix">It listens on a unix socket.</param>
    public static async Task<Haproxy> StartAsync(string server, string bind = "", bool byUnix = false)
    {
        var haproxy = new Haproxy(bind, server, byUnix);
        try
        {
            await Eventually.True(() => haproxy._process.HasExited || (byUnix ? File.Exists(haproxy.Path) : haproxy.Listens()), haproxy._process.Dump);
            return haproxy._process.HasExited ? throw new ExpectationException($"haproxy ended at once. {haproxy._process.Dump()}") : haproxy;
        }
        catch
        {
            haproxy.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        _process.Dispose();
        _lease.Dispose();
        _folder.Dispose();
    }

    private bool Listens()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
