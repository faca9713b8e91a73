using System.Globalization;
using Dynode.Broadcast;
using Dynode.Broadcast.Backends;

namespace Dynode.Native.Hosting;

/// <summary>
/// What a broadcaster says of itself when it is asked:
/// <code>
///   ok: 12 clients; servers connected: 2 of 3
///   not ready: no list of servers is there yet
///   configuration: /etc/dynode/configuration
/// </code>
/// The first line is there whenever it works, whatever became of its servers; the second only where it accepts nobody; the third where
/// it was given a file.
/// </summary>
internal static class HealthAnswer
{
    private const string Good = "ok: ";

    private const string NotReadyBegin = "\nnot ready: ";

    private const string FileBegin = "\nconfiguration: ";

    public static string Of(BroadcastSnapshot snapshot, string? notReady, string? file)
    {
        var servers = snapshot.Backends.Where(backend => !backend.IsRemoved).ToList();
        int connected = servers.Count(backend => backend.State == BackendState.Up);
        string summary = string.Create(
            CultureInfo.InvariantCulture, $"{Good}{snapshot.Clients} clients; servers connected: {connected} of {servers.Count}");
        string ready = notReady is null ? "" : NotReadyBegin + notReady;
        return $"{summary}{ready}{(file is null ? "" : FileBegin + Path.GetFullPath(file))}\n";
    }

    /// <summary>It works.</summary>
    public static bool IsGood(string answer) => answer.StartsWith(Good, StringComparison.Ordinal) && answer.EndsWith('\n');

    /// <summary>The line for people.</summary>
    public static string Summary(string answer) => answer[..answer.IndexOf('\n', StringComparison.Ordinal)];

    /// <summary>Why it accepts nobody; null: it does.</summary>
    public static string? NotReady(string answer) => Line(answer, NotReadyBegin);

    /// <summary>It was started with that file.</summary>
    public static bool IsOf(string answer, string file) => Line(answer, FileBegin) == Path.GetFullPath(file);

    private static string? Line(string answer, string begin)
    {
        int at = answer.IndexOf(begin, StringComparison.Ordinal);
        return at < 0 ? null : answer[(at + begin.Length)..answer.IndexOf('\n', at + begin.Length)];
    }
}
