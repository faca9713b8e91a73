using System.Text;
using Dynode.Native.Configuration;

namespace Dynode.Native.Control;

/// <summary>Finds the broadcaster that is meant, where it was not said.</summary>
internal static class PlaceFinder
{
    /// <summary>Of a machine with a hundred thousand such sockets.</summary>
    private const int TableBytesMax = 16 << 20;

    /// <summary>Looks: the process that a service manager names, then the configuration.</summary>
    /// <param name="mainPid">What $MAINPID says, which systemd sets for ExecReload=; null: nothing.</param>
    /// <param name="places">As the broadcaster's; whatever else is wrong in the file now.</param>
    /// <param name="faults">Takes what is wrong.</param>
    /// <returns>Null: there are faults.</returns>
    public static ControlPlace? Find(string? mainPid, ConfigurationPlaces places, List<ConfigurationFault> faults)
    {
        if (Process(mainPid) is { } pid && PortOf(pid) is { } listens)
            return ControlPlace.OfPort(listens);
        ConfiguredPort port = ConfiguredPort.Find(places, faults);
        if (faults.Count > 0)
            return null;
        if (port.Number is { } number)
            return ControlPlace.Of(number, ConfiguredControl.Find(places));
        faults.Add(new(new(Shown.Plain(places.File!)), "the broadcaster's port cannot be read from it; say --port N"));
        return null;
    }

    /// <summary>
    /// The broadcaster on a port that was said. The configuration knows where its control socket is, if it is of that very port; else it is
    /// looked for by its name.
    /// </summary>
    public static ControlPlace OfPort(int port, ConfigurationPlaces places)
    {
        ControlPlace place = ConfiguredPort.Find(places, []).Number == port ? ControlPlace.Of(port, ConfiguredControl.Find(places)) : ControlPlace.OfPort(port);
        bool isNamed = Ports().Contains(port);

        // The file may have been changed since that one was started.
        if (place.Path is { } path && isNamed && !File.Exists(path))
            return ControlPlace.OfPort(port);
        return place is { Path: null, Hint.Length: 0 } && !isNamed && TcpListeners.All().Exists(listener => listener.Port == port)
            ? ControlPlace.Unnamed(port)
            : place;
    }

    /// <summary>A process's number; null: it is none.</summary>
    public static int? Process(string? mainPid) =>
        mainPid is not null && NumberText.TryReadCount(mainPid, out long pid) && pid is > 0 and <= int.MaxValue ? (int)pid : null;

    /// <summary>The ports of all broadcasters of this network namespace, by their control sockets; none where the kernel does not say.</summary>
    public static List<int> Ports()
    {
        // Num RefCount Protocol Flags Type St Inode Path, where a zero is written as @ (proc_pid_net(5)).
        List<int> ports = [];
        byte[] table = BoundedFile.Read("/proc/self/net/unix", TableBytesMax, out _) ?? [];
        foreach (string line in Encoding.ASCII.GetString(table).Split('\n'))
        {
            if (ControlPlace.PortOf(line.AsSpan(line.LastIndexOf(' ') + 1)) is { } port && !ports.Contains(port))
                ports.Add(port);
        }

        return ports;
    }

    /// <summary>Where a process listens that has a control socket; where none has, where it listens at all.</summary>
    private static int? PortOf(int pid)
    {
        List<long> sockets = TcpListeners.SocketsOf(pid);
        List<int> listens = [];
        foreach (ListeningSocket listener in TcpListeners.All())
        {
            if (sockets.Contains(listener.Inode))
                listens.Add(listener.Port);
        }

        List<int> named = Ports();
        foreach (int port in listens)
        {
            if (named.Contains(port))
                return port;
        }

        return null;
    }
}
