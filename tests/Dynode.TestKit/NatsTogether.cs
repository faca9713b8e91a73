using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Dynode.TestKit;

/// <summary>
/// Makes of several nats-servers one cluster, also after deaths. nats-server 2.10 on a busy machine may leave out one that has just been started: it is connected, but the one that leads
/// never hears its answers, so that no stream of as many copies as there are servers can be made (error 10005), or its copy stays behind, for as long as they run. Whoever is left out is in
/// when it is started again. They are called n0, n1 and so on.
/// </summary>
public static class NatsTogether
{
    private const string Asked = "together";
    private const string NoPlacement = "\"err_code\":10005";
    private const int RestartsMax = 9;

    // An answer of the one that leads, which knows the others within a second or never.
    private static readonly TimeSpan LeftOut = TimeSpan.FromSeconds(5);

    // Until one leads there is no answer: two elections of up to nine seconds each.
    private static readonly TimeSpan Election = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Each has a copy of what they hold, when done. All are started, and answer.</summary>
    public static async Task WholeAsync(IReadOnlyList<RealServer> servers)
    {
        for (int restarts = 0; ; restarts++)
        {
            if (await CanCopyAsync(servers).ConfigureAwait(false)) return;
            await RestartAsync(servers, servers.Count - 1 - (restarts % servers.Count), restarts).ConfigureAwait(false);
        }
    }

    /// <summary>Each has all of these streams, when done. All are started.</summary>
    public static async Task CurrentAsync(IReadOnlyList<RealServer> servers, params IReadOnlyList<string> streams)
    {
        foreach (string stream in streams)
        {
            long began = TimeProvider.System.GetTimestamp();
            for (int restarts = 0; await BehindAsync(servers, stream).ConfigureAwait(false) is { } behind;)
            {
                await Task.Delay(Pause).ConfigureAwait(false);
                if (TimeProvider.System.GetElapsedTime(began) < Election) continue;
                await RestartAsync(servers, behind >= 0 ? behind : restarts % servers.Count, restarts++).ConfigureAwait(false);
                began = TimeProvider.System.GetTimestamp();
            }
        }
    }

    private static async Task RestartAsync(IReadOnlyList<RealServer> servers, int index, int restarts)
    {
        if (restarts == RestartsMax) throw new ExpectationException($"one is still left out after {restarts} restarts.\n{string.Join('\n', servers.Select(server => server.Process.Dump()))}");
        await servers[index].KillAsync().ConfigureAwait(false);
        await servers[index].StartAsync().ConfigureAwait(false);
    }

    /// <summary>Which one has not all; -1: nobody leads, and so nobody says; null: each has.</summary>
    private static async Task<int?> BehindAsync(IReadOnlyList<RealServer> servers, string stream)
    {
        string answer = "";
        for (int i = 0; i < servers.Count && !answer.Contains("\"cluster\"", StringComparison.Ordinal); i++)
            answer = await AskAsync(servers[i], $"INFO.{stream}", "").ConfigureAwait(false);

        if (!answer.Contains("\"cluster\"", StringComparison.Ordinal)) return -1;
        using JsonDocument json = JsonDocument.Parse(answer);
        JsonElement cluster = json.RootElement.GetProperty("cluster");
        JsonElement[] copies = cluster.TryGetProperty("replicas", out JsonElement replicas) ? [.. replicas.EnumerateArray()] : [];
        foreach (JsonElement copy in copies)
        {
            if (!copy.GetProperty("current").GetBoolean()) return int.Parse(copy.GetProperty("name").GetString()!.AsSpan(1), CultureInfo.InvariantCulture);
        }

        return copies.Length == servers.Count - 1 ? null : -1;
    }

    private static async Task<bool> CanCopyAsync(IReadOnlyList<RealServer> servers)
    {
        long began = TimeProvider.System.GetTimestamp();
        long? refused = null;
        do
        {
            string answer = await AskAsync(servers[0], $"CREATE.{Asked}", $$"""{"name":"{{Asked}}","subjects":["{{Asked}}"],"storage":"file","num_replicas":{{servers.Count}}}""").ConfigureAwait(false);
            if (answer.Contains("\"config\"", StringComparison.Ordinal))
            {
                await AskAsync(servers[0], $"DELETE.{Asked}", "").ConfigureAwait(false);
                return true;
            }

            if (answer.Contains(NoPlacement, StringComparison.Ordinal)) refused ??= TimeProvider.System.GetTimestamp();
            await Task.Delay(Pause).ConfigureAwait(false);
        }
        while (refused is { } since ? TimeProvider.System.GetElapsedTime(since) < LeftOut : TimeProvider.System.GetElapsedTime(began) < Election);
        return false;
    }

    // By hand, for the client that the product uses is not of this kit.
    private static async Task<string> AskAsync(RealServer server, string what, string body)
    {
        using TestClient client = await TestClient.ConnectAsync(server.Port).ConfigureAwait(false);
        await client.SendAsync($"CONNECT {{\"verbose\":false}}\r\nSUB answer 1\r\nPUB $JS.API.STREAM.{what} answer {Encoding.UTF8.GetByteCount(body)}\r\n{body}\r\n").ConfigureAwait(false);
        try
        {
            string? line;
            do line = await client.ReadLineAsync(TimeSpan.FromSeconds(2)).ConfigureAwait(false);
            while (line?.StartsWith("MSG answer ", StringComparison.Ordinal) is false);
            return line is null ? "closed" : await client.ReadLineAsync().ConfigureAwait(false) ?? "closed";
        }
        catch (ExpectationException)
        {
            // Where nobody leads yet there is none, and it is asked again.
            return "no answer";
        }
    }
}
