using System.Net.Sockets;
using System.Text;
using Dynode.TestKit;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>The list of servers over https: what of it native compilation could have cut away is only seen here.</summary>
public sealed class HttpsListTests
{
    [Theory]
    [InlineData("GET", "GET /servers?a=1&b=x%3Dy&c= HTTP/1.1", "")]
    [InlineData("POST", "POST /servers HTTP/1.1", "a=1&b=x%3Dy&c=")]
    public async Task Servers_come_from_a_list_over_https_asked_for_with_the_parameters_as_written(string method, string first, string body)
    {
        using ScriptedServer listed = ScriptedServer.Start();
        using ScriptedServer fixedOne = ScriptedServer.Start();
        using ListServer list = ListServer.Start($"[\"{listed.Address}\"]");
        using RunningDynode dynode = RunningDynode.Start([fixedOne], Lines(list, method), Trusting(list));
        using TestClient client = await dynode.ClientAsync();
        await client.SendAsync("to both");
        await Both(listed, fixedOne, "to both", dynode);
        string request = list.Requests.First();
        Assert.StartsWith(first + "\r\n", request, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\n" + body, request, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_added_to_the_list_is_served_and_a_bad_answer_keeps_what_was()
    {
        using ScriptedServer first = ScriptedServer.Start();
        using ScriptedServer second = ScriptedServer.Start();
        using ListServer list = ListServer.Start($"[\"{first.Address}\"]");
        using RunningDynode dynode = RunningDynode.Start([], Lines(list, "POST"), Trusting(list));
        using TestClient client = await dynode.ClientAsync();
        await client.SendAsync("one");
        await first.ReceivedTextAsync("one");

        list.Answer = $"[\"{first.Address}\",\"{second.Address}\"]";
        await Eventually.True(
            () =>
            {
                using TestClient? probe = TestClient.TryConnect(dynode.Port);
                return second.Accepted > 0;
            },
            dynode.Process.Dump);

        list.Answer = "[]";
        int seen = list.Requests.Count;
        await Eventually.True(() => list.Requests.Count > seen + 1, dynode.Process.Dump);
        using TestClient later = await dynode.ClientAsync();
        await later.SendAsync("two");
        await Eventually.True(() => first.ReceivedText.EndsWith("two", StringComparison.Ordinal), first.Dump);
        await Eventually.True(() => second.ReceivedText.EndsWith("two", StringComparison.Ordinal), second.Dump);
    }

    [Fact]
    public async Task Without_a_list_it_works_and_is_not_ready_and_its_manager_waits_until_there_is_one()
    {
        using var folder = new TemporaryFolder();
        string name = Path.Combine(folder.Path, "notify");
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(name));
        using ScriptedServer listed = ScriptedServer.Start();
        using ListServer list = ListServer.Start("[]");
        var environment = new Dictionary<string, string?>(Trusting(list)) { ["NOTIFY_SOCKET"] = name };
        using RunningDynode dynode = RunningDynode.Start([], Lines(list, "POST"), environment);
        Assert.Matches("^STATUS=waiting for the first list of servers\nEXTEND_TIMEOUT_USEC=[0-9]+$", await HeardAsync(manager));
        Assert.Equal((0, 1), (await HealthAsync(dynode), await HealthAsync(dynode, "--ready")));

        // What it is not ready for does not come by a reload.
        dynode.Process.Send(UnixSignal.Hangup);
        await dynode.Process.LineAsync("configuration read again");
        list.Answer = $"[\"{listed.Address}\"]";
        Assert.Equal("READY=1\nSTATUS=accepting clients", await HeardAsync(manager));
        Assert.Equal((0, 0), (await HealthAsync(dynode), await HealthAsync(dynode, "--ready")));
    }

    [Fact]
    public async Task An_authority_of_ones_own_is_believed_and_one_that_is_another_by_a_reload_is_not()
    {
        using var folder = new TemporaryFolder();
        using var stranger = new TestAuthority("a stranger");
        string ca = folder.Write("ca.pem", stranger.Pem);
        using ScriptedServer listed = ScriptedServer.Start();
        using ListServer list = ListServer.Start($"[\"{listed.Address}\"]");
        using RunningDynode dynode = RunningDynode.Start([], [.. Lines(list, "POST"), $"servers_autoupdate_ca={ca}"]);
        await dynode.Process.LineAsync("certificate: none of the authorities that are trusted has signed it (CN=localhost, by CN=Dynode test authority");
        Assert.Empty(list.Requests);
        folder.Write("ca.pem", await File.ReadAllTextAsync(list.AuthorityFile, TestContext.Current.CancellationToken));
        dynode.Process.Send(UnixSignal.Hangup);
        await dynode.Process.LineAsync("read for the list URL: no certificate is shown to those that ask for one, authorities that are trusted: 1");
        using TestClient client = await dynode.ClientAsync();
        await client.SendAsync("to it");
        await listed.ReceivedTextAsync("to it");

        // What is bad is a fault of the reload, and what was read before stays.
        folder.Write("ca.pem", "nothing");
        dynode.Process.Send(UnixSignal.Hangup);
        await dynode.Process.LineAsync("servers_autoupdate_ca: " + ca + " holds no certificate in PEM");
        int seen = list.Requests.Count;
        await Eventually.True(() => list.Requests.Count > seen + 1, dynode.Process.Dump);
    }

    [Fact]
    public async Task A_certificate_of_a_stranger_is_refused_and_nobody_is_served()
    {
        using ScriptedServer listed = ScriptedServer.Start();
        using ListServer list = ListServer.Start($"[\"{listed.Address}\"]");
        using RunningDynode dynode = RunningDynode.Start([], Lines(list, "POST"));
        await Eventually.True(() => list.Refusals.Count > 1, dynode.Process.Dump);
        Assert.False(dynode.Process.HasExited);
        Assert.Empty(list.Requests);
        Assert.Equal(0, listed.Accepted);
    }

    private static async Task<int> HealthAsync(RunningDynode dynode, params string[] more)
    {
        using var health = ProcessUnderTest.Start(Binary.Path, ["health", "-c", dynode.ConfigurationPath, .. more]);
        return await health.ExitAsync();
    }

    private static async Task<string> HeardAsync(Socket manager)
    {
        byte[] bytes = new byte[1000];
        using var patience = new CancellationTokenSource(Deadline.Default);
        return Encoding.ASCII.GetString(bytes, 0, await manager.ReceiveAsync(bytes, patience.Token));
    }

    private static string[] Lines(ListServer list, string method) =>
    [
        "servers_autoupdate=true", $"servers_autoupdate_method={method}", $"servers_autoupdate_url={list.Url}",
        "servers_autoupdate_parameters=a=1&b=x%3Dy&c=", "servers_autoupdate_refresh=0.1",
    ];

    private static Dictionary<string, string?> Trusting(ListServer list) => new() { ["SSL_CERT_FILE"] = list.AuthorityFile };

    private static async Task Both(ScriptedServer one, ScriptedServer two, string text, RunningDynode dynode)
    {
        await Eventually.True(
            () => one.ReceivedText == text && two.ReceivedText == text,
            () => $"{one.Dump()}\n{two.Dump()}\n{dynode.Process.Dump()}");
    }
}
