using System.Runtime.InteropServices;

namespace Dynode.TestKit;

/// <summary>
/// A real server whose disk can be filled, and have room again, while it runs: a small file system of its own, in a namespace that nobody else sees and that needs no privileges; where the machine gives
/// none, a limit on how long its files may grow. What it holds is gone with its process.
/// </summary>
public sealed partial class FillingServer : IDisposable
{
    private const string Room = "16m";

    /// <summary>RLIMIT_FSIZE of Linux; the signal that comes with it ends a redis that does not ignore it.</summary>
    private const int FileSize = 1;

    private const string OnDisk = $"mount -t tmpfs -o size={Room} tmpfs \"$0\" && exec \"$@\"";
    private const string Limited = "trap '' XFSZ; exec \"$@\"";

    private FillingServer(RealServer server, bool isDisk) => (Server, IsDisk) = (server, isDisk);

    public RealServer Server { get; }

    /// <summary>It has a file system of its own; else a limit.</summary>
    public bool IsDisk { get; }

    /// <summary>A nats-server, running and ready when done.</summary>
    public static async Task<FillingServer> NatsAsync()
    {
        FillingServer filling = Of(await HasNamespacesAsync().ConfigureAwait(false), "nats", static server =>
            [NatsServer.Program, "-a", "127.0.0.1", "-p", $"{server.Port}", "-sd", StoreOf(server), "-c", Path.Combine(server.Folder, "nats.conf")]);

        // By default it gives out three quarters of what is free, and a stream that asks for more is not made.
        await File.WriteAllTextAsync(Path.Combine(filling.Server.Folder, "nats.conf"), "jetstream {\n max_file_store: 8GB\n}").ConfigureAwait(false);
        await filling.Server.StartAsync().ConfigureAwait(false);
        return filling;
    }

    /// <summary>A redis-server that writes an append-only file, running and ready when done.</summary>
    public static async Task<FillingServer> RedisAsync()
    {
        FillingServer filling = Of(await HasNamespacesAsync().ConfigureAwait(false), "redis", static server =>
            [RedisServer.Program, "--port", $"{server.Port}", "--bind", "127.0.0.1", "--dir", StoreOf(server), "--daemonize", "no", "--save", "", "--appendonly", "yes"]);
        await filling.Server.StartAsync().ConfigureAwait(false);
        return filling;
    }

    /// <summary>Nothing more can be written to its disk.</summary>
    public void Fill()
    {
        if (!IsDisk)
        {
            Limit(1);
            return;
        }

        byte[] bytes = new byte[4 << 10];
        using var ballast = new FileStream(Ballast, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
                ballast.Write(bytes);
        }
        catch (IOException)
        {
            // That was the last of it.
        }
    }

    /// <summary>There is room again.</summary>
    public void Free()
    {
        if (IsDisk)
            File.Delete(Ballast);
        else
            Limit(ulong.MaxValue);
    }

    public void Dispose() => Server.Dispose();

    // The file system as that process sees it.
    private string Ballast => $"/proc/{Server.Process.Id}/root{StoreOf(Server)}/ballast";

    private static string StoreOf(RealServer server) => Path.Combine(server.Folder, "store");

    private static FillingServer Of(bool isDisk, string kind, Func<RealServer, string[]> line)
    {
        RealServer server = isDisk
            ? RealServer.Of("unshare", own => ["-rm", "sh", "-c", OnDisk, StoreOf(own), .. line(own)], kind)
            : RealServer.Of("sh", own => ["-c", Limited, StoreOf(own), .. line(own)], kind);
        Directory.CreateDirectory(StoreOf(server));
        return new FillingServer(server, isDisk);
    }

    private static async Task<bool> HasNamespacesAsync()
    {
        using var folder = new TemporaryFolder();
        using ProcessUnderTest tried = ProcessUnderTest.Start("unshare", ["-rm", "mount", "-t", "tmpfs", "-o", $"size={Room}", "tmpfs", folder.Path]);
        return await tried.ExitAsync().ConfigureAwait(false) == 0;
    }

    private unsafe void Limit(ulong soft)
    {
        var limit = new Limits(soft, ulong.MaxValue);
        if (ProcessLimit(Server.Process.Id, FileSize, (nint)(&limit), 0) != 0)
            throw new ExpectationException($"prlimit: errno {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", EntryPoint = "prlimit", SetLastError = true)]
    private static partial int ProcessLimit(int pid, int resource, nint limit, nint before);

    private readonly record struct Limits(ulong Soft, ulong Hard);
}
