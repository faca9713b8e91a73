namespace Dynode.TestKit;

/// <summary>A real nats-server with JetStream. What it has confirmed is in its folder, and there after a SIGKILL too.</summary>
public static class NatsServer
{
    /// <summary>What <c>DYNODE_NATS_SERVER</c> names, else the one of Debian 13 that scripts/newer-servers.sh unpacks.</summary>
    public static string Program { get; } = RealServer.Chosen("DYNODE_NATS_SERVER", Unpacked());

    /// <summary>Debian 12's, which is too old to be used.</summary>
    public static string OldProgram { get; } = RealServer.Chosen("DYNODE_OLD_NATS_SERVER", "/usr/sbin/nats-server");

    /// <summary>Running and ready when done.</summary>
    /// <param name="arguments">Added to its command line.</param>
    public static async Task<RealServer> StartAsync(params string[] arguments)
    {
        RealServer server = Down(Program, arguments);
        await server.StartAsync().ConfigureAwait(false);
        return server;
    }

    /// <summary>Running and ready when done, with a configuration beside what the command line says.</summary>
    /// <param name="configuration">As in its file.</param>
    public static async Task<RealServer> ConfiguredAsync(string configuration)
    {
        RealServer server = RealServer.Of(Program, own => [.. Arguments(own), "-c", Path.Combine(own.Folder, "nats.conf")], "nats");
        await File.WriteAllTextAsync(Path.Combine(server.Folder, "nats.conf"), configuration).ConfigureAwait(false);
        await server.StartAsync().ConfigureAwait(false);
        return server;
    }

    /// <summary>With a port, but not yet running.</summary>
    public static RealServer Down(string program, params string[] arguments) =>
        RealServer.Of(program, server => [.. Arguments(server), "-js", .. arguments], "nats");

    private static string[] Arguments(RealServer server) =>
        ["-a", "127.0.0.1", "-p", $"{server.Port}", "-sd", Path.Combine(server.Folder, "store")];

    private static string Unpacked()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Dynode.Native.sln"))) folder = Path.GetDirectoryName(folder);
        return Path.Combine(folder ?? ".", "artifacts", "newer", "bin", "nats-server");
    }
}
