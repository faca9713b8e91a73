using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Dynode.TestKit;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>What outlives a run, and a kill -9.</summary>
public sealed class StateTests
{
    [Fact]
    public async Task Orders_outlive_a_kill()
    {
        using ScriptedServer one = ScriptedServer.Start(), two = ScriptedServer.Start(), three = ScriptedServer.Start(), four = ScriptedServer.Start();
        using var dynode = new KeptDynode("protocol=line", $"servers={one.Address}, {two.Address}, {three.Address}");
        await dynode.StartAsync();
        foreach (string[] order in (string[][])[["disable", one.Address], ["eject", two.Address], ["remove", three.Address], ["add", four.Address]])
        {
            (int status, string said) = await dynode.AskAsync(order);
            Assert.Equal((0, false), (status, said.Contains("until the next start", StringComparison.Ordinal)));
        }

        await dynode.Process.KillAsync();
        int connections = one.Connections.Count;
        await dynode.StartAsync();
        await Eventually.True(() => four.OpenConnections.Count > 0, dynode.Process.Dump);
        await dynode.BecomesAsync(one.Address, "order", "disabled");
        await dynode.BecomesAsync(two.Address, "order", "ejected");
        await dynode.BecomesAsync(three.Address, "order", "not there");
        await dynode.BecomesAsync(four.Address, "source", "runtime");
        Assert.Equal(connections, one.Connections.Count);

        Assert.Equal(0, (await dynode.AskAsync("enable", one.Address)).Status);
        await Eventually.True(() => one.OpenConnections.Count > 0, dynode.Process.Dump);
        Assert.Equal(0, (await dynode.AskAsync("add", three.Address)).Status);
        await dynode.Process.KillAsync();
        await dynode.StartAsync();
        await dynode.BecomesAsync(one.Address, "order", "enabled");
        await dynode.BecomesAsync(three.Address, "order", "enabled");
    }

    [Fact]
    public async Task Whenever_it_is_killed_the_last_order_that_was_answered_is_in_force_and_the_file_is_whole()
    {
        const int Kills = 12;
        using ScriptedServer server = ScriptedServer.Start(), other = ScriptedServer.Start();
        using var dynode = new KeptDynode($"servers={server.Address}, {other.Address}");
        for (int i = 0; i < Kills; i++)
        {
            await dynode.StartAsync();
            string answered = i == 0 ? "enabled" : Kept(dynode, server);
            string tried = answered;
            using var over = new CancellationTokenSource();
            Task orders = Task.Run(async () =>
            {
                while (!over.IsCancellationRequested)
                {
                    tried = answered == "enabled" ? "disabled" : "enabled";
                    if ((await dynode.AskAsync(tried == "enabled" ? "enable" : "disable", server.Address)).Status != 0)
                        return;
                    answered = tried;
                }
            });
            var since = Stopwatch.StartNew();
            while (since.Elapsed < TimeSpan.FromMilliseconds(5 + (i * 7)))
                Thread.SpinWait(10);
            await dynode.Process.KillAsync();
            over.Cancel();
            await orders;
            string kept = Kept(dynode, server);
            Assert.True(kept == answered || kept == tried, $"answered {answered}, tried {tried}, kept {kept}");
            await dynode.StartAsync();
            await dynode.BecomesAsync(server.Address, "order", kept);
            await dynode.Process.KillAsync();
        }
    }

    [Fact]
    public async Task A_second_broadcaster_with_the_directory_is_a_fault_and_a_check_beside_it_is_none()
    {
        using ScriptedServer server = ScriptedServer.Start();
        using var dynode = new KeptDynode($"servers={server.Address}");
        await dynode.StartAsync();
        using (ProcessUnderTest second = dynode.Run("--set", "port=1", "--set", "control=off"))
        {
            Assert.Equal(69, await second.ExitAsync());
            Assert.Contains($"state_directory={dynode.Directory} is another broadcaster's, which runs", second.Output, StringComparison.Ordinal);
        }

        using (ProcessUnderTest check = dynode.Run("--check"))
        {
            Assert.Equal(0, await check.ExitAsync());
            Assert.Contains($"# state file={dynode.FilePath}\t", check.Output, StringComparison.Ordinal);
        }

        dynode.Process.Send(UnixSignal.Terminate);
        Assert.Equal(0, await dynode.Process.ExitAsync());
        await dynode.StartAsync();
    }

    [Theory]
    [InlineData("/proc/none", "does not exist")]
    [InlineData("/etc/passwd", "is no directory")]
    public async Task A_directory_that_cannot_be_is_a_fault_of_the_start_and_of_the_check(string path, string fault)
    {
        using var dynode = new KeptDynode("servers=127.0.0.1:1");
        foreach (string[] more in (string[][])[[], ["--check"]])
        {
            using ProcessUnderTest start = dynode.Run([.. more, "--set", $"state_directory={path}"]);
            Assert.Equal(78, await start.ExitAsync());
            Assert.StartsWith($"--set: state_directory={path} {fault}", start.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_full_disk_is_said_to_who_ordered_and_what_was_ordered_is_written_later()
    {
        using ScriptedServer server = ScriptedServer.Start(), other = ScriptedServer.Start();
        using var dynode = new KeptDynode($"servers={server.Address}, {other.Address}");
        await dynode.StartAsync();
        File.CreateSymbolicLink(dynode.FilePath + ".new", "/dev/full");
        (int status, string said) = await dynode.AskAsync("disable", server.Address);
        Assert.Equal(1, status);
        Assert.Contains($"server {server.Address} is disabled: ", said, StringComparison.Ordinal);
        Assert.Contains("it would not outlive a restart, for state_directory was not written: No space left on device", said, StringComparison.Ordinal);
        await dynode.BecomesAsync(server.Address, "order", "disabled");
        await dynode.Process.LineAsync("servers.json cannot be written: No space left on device");
        Assert.Equal(0, (await dynode.AskAsync("disable", other.Address)).Status);
        await dynode.Process.KillAsync();
        await dynode.StartAsync();
        await dynode.BecomesAsync(server.Address, "order", "disabled");
    }

    [Fact]
    public async Task A_disk_that_is_full_at_the_start_is_said_and_the_broadcaster_starts_all_the_same()
    {
        using ScriptedServer server = ScriptedServer.Start();
        using var dynode = new KeptDynode($"servers={server.Address}");
        File.CreateSymbolicLink(dynode.FilePath + ".new", "/dev/full");
        await dynode.StartAsync();
        Assert.Contains("servers.json cannot be written: No space left on device", dynode.Process.Output, StringComparison.Ordinal);

        // Tried again by itself.
        await Eventually.True(() => File.Exists(dynode.FilePath), dynode.Process.Dump);
        await dynode.Process.LineAsync("servers.json is written again");
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("{\"schema\":1,", "is no whole JSON")]
    [InlineData("{\"schema\":2}", "is of schema 2, and this version reads schema 1")]
    [InlineData("[]", "is no JSON object")]
    public async Task A_file_that_makes_no_sense_is_named_and_the_broadcaster_starts(string text, string fault)
    {
        using ScriptedServer server = ScriptedServer.Start();
        using var dynode = new KeptDynode($"servers={server.Address}");
        File.WriteAllText(dynode.FilePath, text);
        await dynode.StartAsync();
        Assert.Contains($"{dynode.FilePath} {fault}", await dynode.Process.LineAsync("it is not used"), StringComparison.Ordinal);
        await Eventually.True(() => File.ReadAllText(dynode.FilePath).Contains("\"run\":\"running\"", StringComparison.Ordinal), dynode.Process.Dump);
    }

    [Fact]
    public async Task A_kill_leaves_it_unknown_who_was_behind_and_an_end_does_not()
    {
        using ScriptedServer server = ScriptedServer.Start();
        using var dynode = new KeptDynode("protocol=line", $"servers={server.Address}");
        await dynode.StartAsync();
        Assert.DoesNotContain("unknown who was behind", dynode.Process.Output, StringComparison.Ordinal);
        dynode.Process.Send(UnixSignal.Terminate);
        Assert.Equal(0, await dynode.Process.ExitAsync());
        await dynode.StartAsync();
        Assert.DoesNotContain("unknown who was behind", dynode.Process.Output, StringComparison.Ordinal);
        await dynode.Process.KillAsync();
        await dynode.StartAsync();
        await dynode.Process.LineAsync("unknown who was behind; known gaps: none");
    }

    [Fact]
    public async Task Who_lacks_requests_at_the_end_is_named_and_has_a_gap_at_the_next_start_until_it_was_made_equal()
    {
        using ScriptedServer up = ScriptedServer.Start(), down = ScriptedServer.Down();
        using var dynode = new KeptDynode("protocol=line", "drain_timeout=1", $"servers={up.Address}, {down.Address}");
        await dynode.StartAsync();
        using (TestClient client = await TestClient.ConnectAsync(dynode.Port))
        {
            await client.SendAsync("one\ntwo\n");
            await up.ReceivedTextAsync("one\ntwo\n");
        }

        dynode.Process.Send(UnixSignal.Terminate);
        Assert.Equal(0, await dynode.Process.ExitAsync());
        Assert.Matches($"behind at the end: {down.Address} \\(from request -?[0-9]+ on, Shutdown\\); the next start knows it", dynode.Process.Output);
        down.Listen();
        await dynode.StartAsync();
        Assert.Contains($"behind since an earlier run: {down.Address} (", dynode.Process.Output, StringComparison.Ordinal);

        // What is shown may be of the moment before its servers were known.
        string gaps = "";
        for (long began = Stopwatch.GetTimestamp(); !gaps.Contains(down.Address, StringComparison.Ordinal);)
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < Deadline.Default, $"{gaps}\n{dynode.Process.Dump()}");
            (int status, gaps) = await dynode.AskAsync("gaps");
            Assert.Equal(0, status);
        }

        Assert.DoesNotContain(up.Address, gaps, StringComparison.Ordinal);

        // Also by one that was killed.
        await dynode.Process.KillAsync();
        await dynode.StartAsync();
        await dynode.Process.LineAsync($"unknown who was behind; known gaps: {down.Address} (");
        Assert.Equal(0, (await dynode.AskAsync("gaps", "close", down.Address)).Status);
        await dynode.Process.KillAsync();
        await dynode.StartAsync();
        await dynode.Process.LineAsync("unknown who was behind; known gaps: none");
        Assert.DoesNotContain(down.Address, (await dynode.AskAsync("gaps")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_list_that_was_kept_is_used_where_the_URL_gives_none_and_no_other_URLs_is()
    {
        using ScriptedServer server = ScriptedServer.Start();
        using var lease = new PortLease();
        using var dynode = new KeptDynode("servers_autoupdate=true", $"servers_autoupdate_url=http://127.0.0.1:{lease.Port}/list", "servers_autoupdate_refresh=1");
        using (var list = new HttpListener())
        {
            list.Prefixes.Add($"http://127.0.0.1:{lease.Port}/");
            list.Start();
            Task serving = ServeAsync(list, $"[\"{server.Address}\"]");
            await dynode.StartAsync();
            await Eventually.True(() => File.ReadAllText(dynode.FilePath).Contains(server.Address, StringComparison.Ordinal), dynode.Process.Dump);
            Assert.False((await dynode.StatusAsync()).GetProperty("membership").GetProperty("kept_from_disk").GetBoolean());
            await dynode.Process.KillAsync();
            list.Stop();
            await serving;
        }

        await dynode.StartAsync();
        Assert.Matches($"the list that was kept [0-9]+ s ago is used, until http://127.0.0.1:{lease.Port}/list gives one: {server.Address}", await dynode.Process.LineAsync("the list that was kept"));
        JsonElement membership = (await dynode.StatusAsync()).GetProperty("membership");
        Assert.True(membership.GetProperty("kept_from_disk").GetBoolean());
        await dynode.BecomesAsync(server.Address, "source", "url");
        await dynode.Process.KillAsync();

        foreach (string set in (string[])[$"servers_autoupdate_url=http://127.0.0.1:{lease.Port}/other", "servers_autoupdate_parameters=group=2", "servers_keep_max=0"])
        {
            dynode.Start("--set", set);
            await dynode.Process.LineAsync("no client is accepted before the first one (fault 1 in a row)");
            Assert.DoesNotContain("accepting clients", dynode.Process.Output, StringComparison.Ordinal);
            await dynode.Process.KillAsync();
        }
    }

    [Fact]
    public async Task Every_address_of_a_name_is_a_server()
    {
        using ScriptedServer server = ScriptedServer.Start();
        using var dynode = new KeptDynode($"servers=dns:localhost:{server.Port}");
        await dynode.StartAsync();
        await dynode.BecomesAsync($"127.0.0.1:{server.Port}", "source", "dns");
    }

    private static string Kept(KeptDynode dynode, ScriptedServer server)
    {
        string disabled = JsonDocument.Parse(File.ReadAllText(dynode.FilePath)).RootElement.GetProperty("orders").GetProperty("disabled").ToString();
        return disabled.Contains(server.Address, StringComparison.Ordinal) ? "disabled" : "enabled";
    }

    private static async Task ServeAsync(HttpListener list, string answer)
    {
        try
        {
            while (true)
            {
                HttpListenerContext asked = await list.GetContextAsync();
                await asked.Response.OutputStream.WriteAsync(System.Text.Encoding.UTF8.GetBytes(answer));
                asked.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException or IOException)
        {
            // The test has stopped it.
        }
    }
}
