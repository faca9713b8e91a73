using System.Globalization;
using Dynode.TestKit;

namespace Dynode.AotCheck;

/// <summary>
/// The native binary under a limit of prlimit(1). That of threads counts all of a user's, and root has none: so each has a user of
/// its own, or where the test is not root's a user namespace.
/// </summary>
internal sealed class LimitedDynode : IDisposable
{
    private static int _users = 54_000 + (Environment.ProcessId % 1000 * 100);

    private readonly TemporaryFolder _folder = new();
    private readonly PortLease _lease = new();
    private readonly string[] _user;

    public LimitedDynode()
    {
        string user = Interlocked.Increment(ref _users).ToString(CultureInfo.InvariantCulture);
        _user = Environment.IsPrivilegedProcess ? ["setpriv", $"--reuid={user}", $"--regid={user}", "--clear-groups"] : ["unshare", "--user"];

        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException();

        // Where that user may read it, wherever this was built.
        const UnixFileMode All = (UnixFileMode)0b111_101_101;
        File.SetUnixFileMode(_folder.Path, All);
        File.Copy(Binary.Path, Program);
        File.SetUnixFileMode(Program, All);
    }

    public int Port => _lease.Port;

    public string ConfigurationPath => Path.Combine(_folder.Path, "configuration");

    private string Program => Path.Combine(_folder.Path, "dynode");

    /// <param name="limit">As prlimit(1) takes it.</param>
    /// <param name="servers">Where it sends to.</param>
    /// <param name="more">Lines of the file beside host, port and servers.</param>
    public ProcessUnderTest Start(string limit, IEnumerable<ScriptedServer> servers, params string[] more) =>
        Start(limit, servers.Select(server => server.Address), more);

    /// <inheritdoc cref="Start(string, IEnumerable{ScriptedServer}, string[])"/>
    public ProcessUnderTest Start(string limit, IEnumerable<string> servers, params string[] more)
    {
        File.WriteAllLines(
            ConfigurationPath,
            ["host=127.0.0.1", $"port={Port}", $"servers={string.Join(',', servers)}", .. more]);
        return ProcessUnderTest.Start(
            _user[0],
            [.. _user.Skip(1), "prlimit", "--core=0", limit, Program, "-c", ConfigurationPath],
            new Dictionary<string, string?> { ["DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT"] = null },
            _folder.Path);
    }

    /// <summary>Sets another limit for one that runs.</summary>
    public async Task LimitAsync(ProcessUnderTest dynode, string limit)
    {
        string[] same = Environment.IsPrivilegedProcess ? _user : ["env"];
        using var set = ProcessUnderTest.Start(same[0], [.. same.Skip(1), "prlimit", "--pid", $"{dynode.Id}", limit]);
        if (await set.ExitAsync() != 0) throw new ExpectationException(set.Dump());
    }

    public void Dispose()
    {
        _lease.Dispose();
        _folder.Dispose();
    }
}
