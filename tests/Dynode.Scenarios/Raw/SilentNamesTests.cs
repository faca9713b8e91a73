using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dynode.Scenarios.Raw;

/// <summary>A silent DNS server delays nobody but who connects to its names; a name that moves takes new sessions with it.</summary>
public sealed class SilentNamesTests
{
    private static readonly BroadcastSettings Settings = new() { ReconnectDelayMax = TimeSpan.FromSeconds(0.1) };
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(0.1);
    private static readonly ServerScript Echo = new() { Echo = true };

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(NameLookups.ThreadsMax)]
    public async Task A_hundred_silent_names_delay_neither_a_server_by_address_nor_one_whose_name_is_known_nor_the_end(int threads)
    {
        using var names = new ScriptedNames();
        names.Set("known.example", "127.0.0.1");
        string[] silent = [.. Enumerable.Range(0, 100).Select(i => $"silent{i}.example")];
        names.Silence(silent);
        using var byName = ScriptedServer.Start(Echo);
        using var byAddress = ScriptedServer.Start(Echo);
        var lookups = new NameLookups(names.Look, threads, TimeProvider.System);

        // Its name is known before the others come.
        using var broadcaster = BroadcasterUnderTest.Start(Settings, lookups, [$"known.example:{byName.Port}"]);
        using (var first = await broadcaster.ConnectAsync())
        {
            await first.SendAsync("first\n");
            Assert.Equal("first", await first.ReadLineAsync());
        }

        broadcaster.Apply([.. silent.Select(name => $"{name}:7000"), $"known.example:{byName.Port}", byAddress.Address]);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("hello\n");
        await byAddress.ReceivedTextAsync("hello\n");
        await byName.ReceivedTextAsync("first\nhello\n");
        await Eventually.True(() => names.Hanging > 0);
        Assert.Equal(0, names.OnPool);
        await broadcaster.DrainAsync();
        Assert.Equal((1, 0), (broadcaster.Log.Count(1402), broadcaster.Log.Count(1403)));
        Assert.True(names.HangingMost <= threads, $"{names.HangingMost} lookups at once");
    }

    [Fact]
    public async Task Under_primary_a_client_is_served_by_the_next_server_when_the_lookup_of_the_first_has_lasted_for_the_connect_timeout()
    {
        var time = new FakeTimeProvider();
        using var names = new ScriptedNames();
        names.Silence("silent.example");
        using var second = ScriptedServer.Start(Echo);
        using var broadcaster = BroadcasterUnderTest.Start(
            Settings with { Reply = RawReply.Primary }, time, new NameLookups(names.Look, 4, TimeProvider.System), ["silent.example:7000", second.Address]);
        using var early = await broadcaster.ConnectAsync();
        await early.SendAsync("early\n");
        await second.ReceivedTextAsync("early\n");
        time.Advance(Settings.ConnectTimeout - Moment);
        using var late = await broadcaster.ConnectAsync();
        await late.SendAsync("late\n");
        await second.ReceivedTextAsync("early\nlate\n");
        Assert.Equal(0, broadcaster.Snapshot.RelayedBytes);
        time.Advance(2 * Moment);
        Assert.Equal("early", await early.ReadLineAsync());
        Assert.Equal("late", await late.ReadLineAsync());
        Assert.Contains("silent.example:7000 is down", Assert.Single(broadcaster.Log.Of(1109)), StringComparison.Ordinal);

        // The same lookup still: whoever comes now waits for nothing.
        using var later = await broadcaster.ConnectAsync();
        await later.SendAsync("later\n");
        Assert.Equal("later", await later.ReadLineAsync());
        await Eventually.Equal(1, () => names.Asked("silent.example"));
    }

    [Fact]
    public async Task Under_all_a_half_closed_client_has_its_end_when_a_lookup_has_lasted_for_the_connect_timeout()
    {
        var time = new FakeTimeProvider();
        using var names = new ScriptedNames();
        names.Silence("silent.example");
        using var server = ScriptedServer.Start(Echo);
        using var broadcaster = BroadcasterUnderTest.Start(
            Settings, time, new NameLookups(names.Look, 4, TimeProvider.System), ["silent.example:7000", server.Address]);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAsync("all\n");
        client.ShutdownSend();
        Assert.Equal("all", await client.ReadLineAsync());
        time.Advance(Settings.ConnectTimeout + Moment);
        Assert.Equal("", (await client.ReadToEndAsync()).Text);
    }

    /// <summary>As where more than connects at once are under way: those in the queue have no connection that could tell them.</summary>
    [Fact]
    public async Task Whoever_waits_for_its_turn_to_connect_learns_that_the_server_is_dead()
    {
        const int Clients = Backend.ConnectsMax + 10;
        var time = new FakeTimeProvider();
        using var silent = ScriptedServer.Start(new ServerScript { AcceptPaused = true, ListenBacklog = 0 });
        silent.FillBacklog();
        using var second = ScriptedServer.Start(Echo);
        using var broadcaster = BroadcasterUnderTest.Start(Settings with { Reply = RawReply.Primary }, time, silent, second);
        TestClient[] clients = [.. await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => broadcaster.ConnectAsync()))];
        foreach (TestClient client in clients)
            await client.SendAsync("a\n");
        await Eventually.Equal(2 * Clients, () => second.ReceivedBytes, broadcaster.Dump);
        Assert.Equal(0, broadcaster.Snapshot.RelayedBytes);
        time.Advance(Settings.ConnectTimeout + Moment);
        foreach (TestClient client in clients)
        {
            Assert.Equal("a", await client.ReadLineAsync());
            client.Dispose();
        }
    }

    [Fact]
    public async Task A_session_keeps_its_server_when_the_name_moves_and_the_next_one_goes_to_where_it_is_now()
    {
        using var names = new ScriptedNames();
        names.Set("server.example", "127.0.0.1");
        using var before = ScriptedServer.Start(Echo);
        using var after = ScriptedServer.Start(Echo with { At = new(System.Net.IPAddress.Parse("127.0.0.2"), before.Port) });
        using var broadcaster = BroadcasterUnderTest.Start(
            Settings, new NameLookups(names.Look, 4, TimeProvider.System), [$"server.example:{before.Port}"]);
        using var first = await broadcaster.ConnectAsync();
        await first.SendAsync("1\n");
        Assert.Equal("1", await first.ReadLineAsync());
        names.Set("server.example", "127.0.0.2");
        broadcaster.Door.LookUpAgain();
        await Eventually.Equal(1, () => broadcaster.Log.Count(1110), broadcaster.Dump);
        using var second = await broadcaster.ConnectAsync();
        await second.SendAsync("2\n");
        Assert.Equal("2", await second.ReadLineAsync());
        await first.SendAsync("3\n");
        Assert.Equal("3", await first.ReadLineAsync());
        Assert.Equal(("1\n3\n", "2\n"), (before.ReceivedText, after.ReceivedText));
        Assert.Equal((2, 0), (broadcaster.Snapshot.Backends[0].Connects, broadcaster.Snapshot.Backends[0].ConnectionsLost));

        // One that it loses is made anew where the server is now.
        before.ResetAll();
        await Eventually.Equal(1, () => broadcaster.Snapshot.Backends[0].ConnectionsLost, broadcaster.Dump);
        await first.SendAsync("4\n");
        Assert.Equal("4", await first.ReadLineAsync());
        Assert.Equal("2\n4\n", after.ReceivedText);
    }
}
