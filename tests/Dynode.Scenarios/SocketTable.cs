using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Dynode.TestKit;

namespace Dynode.Scenarios;

/// <summary>What the kernel knows of this machine's connections on the loopback interface.</summary>
internal static class SocketTable
{
    private const string Established = "01";
    private const string SynSent = "02";
    private const string CloseWait = "08";

    /// <summary>Second views of sockets that are others': kept, so that nothing ever closes one.</summary>
    private static readonly List<Socket> Views = [];

    /// <summary>Connects to 127.0.0.1 at that port which have not been answered.</summary>
    public static int ConnectingTo(int port) => CountTo(port, SynSent);

    /// <summary>Sockets that are connecting to that port of 127.0.0.1, or connected and not closed by whoever connected them.</summary>
    public static int HeldTo(int port) => CountTo(port, SynSent, Established, CloseWait);

    /// <summary>A number that the kernel keeps for this process's connection to that port of 127.0.0.1.</summary>
    /// <param name="port">The other end's.</param>
    /// <param name="level">As of getsockopt(2).</param>
    /// <param name="name">As of getsockopt(2).</param>
    public static int Option(int port, int level, int name)
    {
        byte[] value = new byte[sizeof(int)];
        Find(port).GetRawSocketOption(level, name, value);
        return BitConverter.ToInt32(value);
    }

    private static int CountTo(int port, params string[] states)
    {
        string remote = string.Create(CultureInfo.InvariantCulture, $"0100007F:{port:X4}");
        return File.ReadLines("/proc/net/tcp")
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Count(columns => columns[2] == remote && states.Contains(columns[3]));
    }

    private static Socket Find(int port)
    {
        foreach (string path in Directory.EnumerateFileSystemEntries("/proc/self/fd"))
        {
            if (new FileInfo(path).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) != true)
                continue;
            var handle = new SafeSocketHandle(nint.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture), ownsHandle: false);
            try
            {
                var socket = new Socket(handle);
                lock (Views)
                    Views.Add(socket);
                if (socket.RemoteEndPoint is IPEndPoint remote && remote.Port == port)
                    return socket;
            }
            catch (SocketException)
            {
                // A listener, or gone.
            }
        }

        throw new ExpectationException($"no connection to port {port}");
    }
}
