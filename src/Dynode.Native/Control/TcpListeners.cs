using System.Globalization;
using System.Text;
using Dynode.Native.Configuration;

namespace Dynode.Native.Control;

/// <summary>A TCP socket that listens in this network namespace.</summary>
/// <param name="Port">Where.</param>
/// <param name="Uid">Whose it is: of the process that made it.</param>
/// <param name="Inode">Its number, by which a process's descriptors name it.</param>
internal sealed record ListeningSocket(int Port, long Uid, long Inode);

/// <summary>Reads who listens from /proc, which every user may: proc_pid_net(5). Where the kernel does not say, nobody does.</summary>
internal static class TcpListeners
{
    /// <summary>Of a machine with a hundred thousand connections, twice over.</summary>
    private const int TableBytesMax = 64 << 20;

    private const string Listens = "0A";

    /// <summary>All of this network namespace, of both families.</summary>
    public static List<ListeningSocket> All()
    {
        List<ListeningSocket> all = [];
        foreach (string path in (ReadOnlySpan<string>)["/proc/self/net/tcp", "/proc/self/net/tcp6"])
            Parse(Encoding.ASCII.GetString(BoundedFile.Read(path, TableBytesMax, out _) ?? []), all);
        return all;
    }

    /// <summary>Adds what a table of the kernel has.</summary>
    public static void Parse(string table, List<ListeningSocket> listeners)
    {
        //   sl  local_address rem_address   st tx_queue:rx_queue tr:tm->when retrnsmt   uid  timeout inode
        //    0: 0100007F:2328 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 51234 1 …
        foreach (string line in table.Split('\n'))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length < 10 || fields[3] != Listens)
                continue;
            string local = fields[1];
            if (int.TryParse(local.AsSpan(local.LastIndexOf(':') + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int port)
                && NumberText.TryReadCount(fields[7], out long uid) && NumberText.TryReadCount(fields[9], out long inode))
                listeners.Add(new(port, uid, inode));
        }
    }

    /// <summary>The inodes of the sockets that a process has open; none where it may not be looked at.</summary>
    public static List<long> SocketsOf(int pid)
    {
        const string begin = "socket:[";
        List<long> inodes = [];
        try
        {
            foreach (string entry in Directory.EnumerateFiles(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fd")))
            {
                if (new FileInfo(entry).LinkTarget is { } target && target.StartsWith(begin, StringComparison.Ordinal)
                    && NumberText.TryReadCount(target.AsSpan(begin.Length, target.Length - begin.Length - 1), out long inode))
                    inodes.Add(inode);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is another user's.
        }

        return inodes;
    }
}
