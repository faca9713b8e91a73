using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Dynode.TestKit;
using Microsoft.Win32.SafeHandles;

namespace Dynode.AotCheck;

/// <summary>
/// The native binary as a service manager starts it: with sockets of somebody else's from descriptor 3 on, which stay when it ends and
/// go to its next run.
/// </summary>
internal sealed partial class ActivatedDynode : IDisposable
{
    /// <summary>Ours are handed on from here on: far from those that they become.</summary>
    private const int HandedFrom = 200;

    private const int Duplicate = 0;

    /// <summary>Gives it each of ours as the next from 3 on, nothing behind them, and the variables that only it can know.</summary>
    private const string Shell = """
        count=$1; first=$2; shift 2
        for ((i = 0; i < count; i++)); do eval "exec $((3 + i))<&$((first + i)) $((first + i))<&-"; done
        eval "exec $((3 + count))<&-"
        export LISTEN_PID=${PID:-$$} LISTEN_FDS=${FDS-$count}
        exec "$@"
        """;

    private static readonly Lock Numbers = new();

    private readonly TemporaryFolder _folder = new();
    private readonly Socket[] _sockets;
    private readonly List<ProcessUnderTest> _runs = [];

    /// <param name="sockets">Its own from here on.</param>
    /// <param name="lines">Of the configuration.</param>
    public ActivatedDynode(Socket[] sockets, params string[] lines)
    {
        _sockets = sockets;
        ConfigurationPath = _folder.Write("configuration", string.Join('\n', lines));
    }

    public string ConfigurationPath { get; }

    public ProcessUnderTest Process => _runs[^1];

    /// <summary>A socket that is bound to an address of this machine, of whichever kind.</summary>
    public static Socket Bound(IPAddress address, int port = 0, SocketType type = SocketType.Stream)
    {
        var socket = new Socket(address.AddressFamily, type, ProtocolType.Unspecified);
        socket.Bind(new IPEndPoint(address, port));
        return socket;
    }

    /// <summary>As the unit of the package has it.</summary>
    public static Socket Listening(IPAddress address, int port = 0)
    {
        Socket socket = Bound(address, port);
        socket.Listen(4096);
        return socket;
    }

    public static int PortOf(Socket socket) => ((IPEndPoint)socket.LocalEndPoint!).Port;

    /// <summary>Starts it.</summary>
    /// <param name="variables">PID and FDS: in the place of its own LISTEN_PID and of their number.</param>
    public ProcessUnderTest Start(params (string Name, string Value)[] variables)
    {
        // One at a time, so that they stand side by side.
        lock (Numbers)
        {
            var handed = new List<SafeFileHandle>();
            try
            {
                int first = HandedFrom;
                while (!TryHand(handed, ref first))
                    Forget(handed);
                _runs.Add(ProcessUnderTest.Start(
                    "bash",
                    ["-c", Shell, "bash", handed.Count.ToString(CultureInfo.InvariantCulture), first.ToString(CultureInfo.InvariantCulture), Binary.Path, "-c", ConfigurationPath],
                    variables.ToDictionary(static pair => pair.Name, static pair => (string?)pair.Value),
                    _folder.Path));
            }
            finally
            {
                Forget(handed);
            }
        }

        return Process;
    }

    /// <summary>Copies of the sockets from a number on, side by side. Where one of the numbers is taken, by whatever else this process has open, the next ones are tried.</summary>
    private bool TryHand(List<SafeFileHandle> handed, ref int first)
    {
        foreach (Socket socket in _sockets)
        {
            // Not closed on exec, as ours is; closed by us as a file: a socket's would give it, and who waits in it, a linger time of none.
            var copy = new SafeFileHandle(Control(socket.SafeHandle, Duplicate, first + handed.Count), ownsHandle: true);
            handed.Add(copy);
            int number = (int)copy.DangerousGetHandle(), wanted = first + handed.Count - 1;
            if (number == wanted)
                continue;
            if (number < wanted)
                throw new ExpectationException($"no descriptor from {wanted} on is to be had");
            first = number;
            return false;
        }

        return true;
    }

    private static void Forget(List<SafeFileHandle> handed)
    {
        handed.ForEach(static copy => copy.Dispose());
        handed.Clear();
    }

    /// <summary>Asks it to end, and waits until it has.</summary>
    public async Task<int> StopAsync()
    {
        Process.Send(UnixSignal.Terminate);
        return await Process.ExitAsync();
    }

    public void Dispose()
    {
        foreach (ProcessUnderTest run in _runs)
            run.Dispose();
        foreach (Socket socket in _sockets)
            socket.Dispose();
        _folder.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(SafeSocketHandle socket, int operation, int argument);
}
