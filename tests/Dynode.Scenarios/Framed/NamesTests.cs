using System.Net;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Line;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;
using Policy = Dynode.Broadcast.Plane.FramedReply;

namespace Dynode.Scenarios.Framed;

/// <summary>A server whose name moves is followed at a boundary: nothing is lost, nothing is sent again, no client notices. A silent DNS server delays nobody.</summary>
public sealed class NamesTests : IDisposable
{
    private const string Name = "server.example";

    private readonly ScriptedNames _names = new();

    public NamesTests() => _names.Set(Name, "127.0.0.1");

    private NameLookups Lookups => new(_names.Look, 4, TimeProvider.System);

    public void Dispose() => _names.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(NameLookups.ThreadsMax)]
    public async Task Silent_names_delay_no_request_and_not_the_end(int threads)
    {
        string[] silent = [.. Enumerable.Range(0, 100).Select(i => $"silent{i}.example")];
        _names.Silence(silent);
        using var server = FramedServer.Redis(Asking.Echoing);
        using var broadcaster = BroadcasterUnderTest.Start(
            Asking.Redis, new NameLookups(_names.Look, threads, TimeProvider.System), [.. silent.Select(name => $"{name}:7000"), server.Address]);
        await broadcaster.CurrentAsync(server);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("1", await client.AskAsync("GET 1"));
        await Eventually.True(() => _names.Hanging > 0);
        await broadcaster.DrainAsync();
        Assert.Equal((1, 0, 0), (broadcaster.Log.Count(1402), broadcaster.Log.Count(1403), _names.OnPool));
        Assert.Equal(["GET 1"], server.Texts);
    }

    [Fact]
    public async Task What_is_in_flight_is_awaited_and_what_follows_goes_to_where_the_server_is_now()
    {
        using var before = FramedServer.Redis(Asking.Echoing);
        using var after = After(before);
        using var broadcaster = Start(before, Asking.Redis);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("+OK", await client.AskAsync("SELECT 3"));
        Assert.Equal("0", await client.AskAsync("GET 0"));
        before.HoldAnswers();
        await client.SendAllAsync(Enumerable.Range(1, 10).Select(i => $"GET {i}"));
        await before.WithheldAsync(10);
        await MoveAsync(broadcaster, "127.0.0.2");
        await Eventually.True(() => broadcaster.Snapshot.Backends[0].Standing is { IsConnected: true, IsCurrent: false }, broadcaster.Dump);
        await client.SendAllAsync(Enumerable.Range(11, 10).Select(i => $"GET {i}"));
        Assert.True(before.Tcp.Connections[0].IsOpen);
        Assert.Equal(0, after.Tcp.Accepted);
        before.ReleaseAnswers();
        Assert.Equal(Enumerable.Range(1, 20).Select(i => $"{i}"), await client.ReadRepliesAsync(20));
        Assert.Equal(Enumerable.Range(0, 11).Select(i => $"GET {i}"), before.Texts.Where(text => text != "SELECT 3"));
        Assert.Equal(Enumerable.Range(11, 10).Select(i => $"GET {i}"), after.Texts);
        Assert.All(after.Requests, request => Assert.Equal(3, request.Database));
        await Eventually.Equal(ConnectionEnd.PeerFin, () => before.Tcp.Connections[0].End, before.Dump);
        NothingWasLost(broadcaster);
    }

    [Theory]
    [InlineData(Policy.Primary)]
    [InlineData(Policy.Every)]
    [InlineData(Policy.Majority)]
    public async Task Clients_under_way_get_every_reply_while_the_server_moves_to_and_fro(Policy policy)
    {
        const int Clients = 4;
        const int Moves = 6;
        using var one = FramedServer.Redis(Asking.Echoing);
        using var two = After(one);
        using var broadcaster = Start(one, Asking.Redis with { FramedReply = policy });
        await broadcaster.CurrentAsync(1);
        using var over = new CancellationTokenSource();
        Task<int>[] all = [.. Enumerable.Range(0, Clients).Select(async id =>
        {
            using var client = await broadcaster.ConnectAsync();
            int asked = 0;
            for (; !over.IsCancellationRequested; asked += 10)
            {
                string[] keys = [.. Enumerable.Range(asked, 10).Select(i => $"{id}:{i}")];
                await client.SendAllAsync(keys.Select(key => $"GET {key}"));
                Assert.Equal(keys, await client.ReadRepliesAsync(10));
            }

            return asked;
        })];
        for (int i = 1; i <= Moves; i++)
        {
            await MoveAsync(broadcaster, i % 2 == 0 ? "127.0.0.1" : "127.0.0.2");
            await Eventually.Equal(i + 1, () => broadcaster.Snapshot.Backends[0].Connects, broadcaster.Dump);
            int seen = one.Requests.Count + two.Requests.Count;
            await Eventually.True(() => one.Requests.Count + two.Requests.Count > seen + 50, broadcaster.Dump);
        }

        over.Cancel();
        int[] counts = await Task.WhenAll(all);
        Assert.Equal(counts.Sum(), one.Requests.Count + two.Requests.Count);
        Assert.Equal((0, 0), (one.Repeats(), two.Repeats()));
        Assert.Empty(one.Texts.Intersect(two.Texts));
        NothingWasLost(broadcaster);
    }

    [Fact]
    public async Task Where_nothing_is_answered_the_server_has_all_of_the_old_connection_before_the_new_one_is_made()
    {
        using var before = ScriptedServer.Start(new ServerScript { ReadPaused = true });
        using var after = ScriptedServer.Start(new ServerScript { At = new(IPAddress.Parse("127.0.0.2"), before.Port) });
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Silent, Lookups, [$"{Name}:{before.Port}"]);
        await broadcaster.CurrentAsync(1);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("1\n2\n");
        await Eventually.Equal(4, () => broadcaster.Snapshot.Backends[0].SentBytes, broadcaster.Dump);
        await MoveAsync(broadcaster, "127.0.0.2");
        await Eventually.True(() => broadcaster.Snapshot.Backends[0].Standing is { IsConnected: false }, broadcaster.Dump);
        await client.SendAsync("3\n");
        await Eventually.Equal(3, () => broadcaster.Snapshot.Requests, broadcaster.Dump);
        Assert.Equal(0, after.Accepted);
        before.ResumeReading();
        await after.ReceivedTextAsync("3\n");
        Assert.Equal("1\n2\n", before.ReceivedText);
        NothingWasLost(broadcaster);
    }

    [Fact]
    public async Task The_end_that_comes_while_the_server_moves_finds_it_where_it_was()
    {
        using var before = FramedServer.Redis(Asking.Echoing);
        using var after = After(before);
        using var broadcaster = Start(before, Asking.Redis);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("0", await client.AskAsync("GET 0"));
        before.HoldAnswers();
        await client.SendAsync("GET 1\r\n");
        await before.WithheldAsync(1);
        await MoveAsync(broadcaster, "127.0.0.2");
        await Eventually.True(() => broadcaster.Snapshot.Backends[0].Standing is { IsCurrent: false }, broadcaster.Dump);
        Task drained = broadcaster.DrainAsync();
        before.ReleaseAnswers();
        Assert.Equal("1", await client.ReadReplyAsync());
        client.Dispose();
        await drained;
        Assert.Equal((0, 0), (after.Tcp.Accepted, broadcaster.Log.Count(1403)));
        NothingWasLost(broadcaster);
    }

    [Fact]
    public async Task A_name_that_moves_back_before_anything_came_of_it_changes_nothing()
    {
        using var before = FramedServer.Redis(Asking.Echoing);
        using var after = After(before);
        using var broadcaster = Start(before, Asking.Redis);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("0", await client.AskAsync("GET 0"));
        before.HoldAnswers();
        await client.SendAsync("GET 1\r\n");
        await before.WithheldAsync(1);
        await MoveAsync(broadcaster, "127.0.0.2");
        await Eventually.True(() => broadcaster.Snapshot.Backends[0].Standing is { IsCurrent: false }, broadcaster.Dump);
        await MoveAsync(broadcaster, "127.0.0.1");
        await Eventually.True(() => broadcaster.Snapshot.Backends[0].Standing is { IsCurrent: true }, broadcaster.Dump);
        before.ReleaseAnswers();
        Assert.Equal("1", await client.ReadReplyAsync());
        Assert.Equal("2", await client.AskAsync("GET 2"));
        Assert.Equal((1, 0), (before.Tcp.Accepted, after.Tcp.Accepted));
        NothingWasLost(broadcaster);
    }

    private static FramedServer After(FramedServer before) =>
        FramedServer.Redis(Asking.Echoing, new ServerScript { At = new(IPAddress.Parse("127.0.0.2"), before.Port) });

    private static async Task<int> LookedUpAsync(BroadcasterUnderTest broadcaster, int moves)
    {
        await Eventually.True(() => broadcaster.Log.Count(1110) > moves, broadcaster.Dump);
        return broadcaster.Log.Count(1110);
    }

    private static void NothingWasLost(BroadcasterUnderTest broadcaster)
    {
        BackendSnapshot server = broadcaster.Snapshot.Backends[0];
        Assert.Equal((0, 0, 0, 0), (server.ConnectionsLost, server.Repeats, server.DroppedRequests, server.Withdrawals));
        Assert.Empty(broadcaster.Log.Of(1102));
    }

    private BroadcasterUnderTest Start(FramedServer server, BroadcastSettings settings) =>
        BroadcasterUnderTest.Start(settings, Lookups, [$"{Name}:{server.Port}"]);

    private async Task MoveAsync(BroadcasterUnderTest broadcaster, string address)
    {
        int moves = broadcaster.Log.Count(1110);
        _names.Set(Name, address);
        broadcaster.Door.LookUpAgain();
        await LookedUpAsync(broadcaster, moves);
    }
}
