using System.Diagnostics;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Protocols;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using FramedReply = Dynode.Broadcast.Plane.FramedReply;

namespace Dynode.Scenarios.Framed;

/// <summary>A slow server delays for at most <c>stall_timeout</c> at once and a twentieth of the time; the last voter is waited for until <c>reply_timeout</c>.</summary>
public sealed class StallTests
{
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(0.1);

    private static readonly BroadcastSettings Small = Asking.Redis with
    {
        BacklogBytesMax = 256 << 10,
        Framing = new ProtocolSettings { RequestBytesMax = 64 << 10 },
    };

    /// <summary>Little room in the kernel, so that what a server does not read soon shows.</summary>
    private static readonly ServerScript Narrow = new() { ReceiveBufferBytes = 16 << 10, Recording = Recording.Hash };

    [Fact]
    public async Task A_server_that_stops_answering_withdraws_after_the_stall_timeout_and_is_current_again_when_it_has_answered()
    {
        var time = new FakeTimeProvider();
        using var silent = FramedServer.Redis(Asking.Echoing);
        using var good = FramedServer.Redis(Asking.Echoing);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, time, silent.Tcp, good.Tcp);
        await broadcaster.CurrentAsync(silent, good);
        using var client = await broadcaster.ConnectAsync();
        silent.HoldAnswers();
        await client.SendAllAsync(["GET 1", "GET 2"]);
        await silent.RequestsAsync(2);
        await Eventually.Equal(0, () => broadcaster.StandingOf(good).LagRequests, broadcaster.Dump);
        time.Advance(Asking.Redis.StallTimeout - Moment);
        Assert.Equal((0, true), (broadcaster.Snapshot.RelayedBytes, broadcaster.StandingOf(silent).IsCurrent));
        await time.UntilAsync(() => !broadcaster.StandingOf(silent).IsCurrent, broadcaster.Dump);
        Assert.Equal(["1", "2"], await client.ReadRepliesAsync(2));

        // From here on it delays nobody: the clock stands.
        Assert.Equal("3", await client.AskAsync("GET 3"));
        Assert.Equal((1, 1, 0), (broadcaster.Of(silent).Withdrawals, broadcaster.Of(silent).Connects, broadcaster.Of(silent).ConnectionsLost));
        Assert.Contains($"server {silent.Address} withdrawn", Assert.Single(broadcaster.Log.Of(1503)), StringComparison.Ordinal);
        silent.ReleaseAnswers(1);
        await Eventually.Equal(2, () => broadcaster.StandingOf(silent).LagRequests, broadcaster.Dump);
        Assert.False(broadcaster.StandingOf(silent).IsCurrent);
        silent.ReleaseAnswers();
        await broadcaster.CurrentAsync(silent);
        Assert.Equal("4", await client.AskAsync("GET 4"));
        await broadcaster.NothingOwedAsync(silent, good);
        Assert.Equal((0, 0), (silent.Repeats(), broadcaster.Of(silent).Repeats));
        Assert.Equal(0, broadcaster.Of(silent).DroppedRequests);
    }

    [Theory]
    [InlineData(FramedReply.Primary)]
    [InlineData(FramedReply.Majority)]
    [InlineData(FramedReply.Every)]
    [InlineData(FramedReply.All)]
    public async Task A_request_that_takes_longer_than_the_stall_timeout_at_every_server_is_no_stall(FramedReply reply)
    {
        var time = new FakeTimeProvider();
        using var first = FramedServer.Redis(Asking.Echoing);
        using var second = FramedServer.Redis(Asking.Echoing);
        var settings = Asking.Redis with { FramedReply = reply };
        using var broadcaster = BroadcasterUnderTest.Start(settings, time, first.Tcp, second.Tcp);
        await broadcaster.CurrentAsync(first, second);
        using var client = await broadcaster.ConnectAsync();
        first.HoldAnswers();
        second.HoldAnswers();
        await client.SendAsync("GET 1\r\n");
        await first.RequestsAsync(1);
        await second.RequestsAsync(1);
        for (int i = 0; i < 20; i++)
            time.Advance(settings.StallTimeout / 10);
        Assert.Equal((0, true, true), (broadcaster.Snapshot.RelayedBytes, broadcaster.StandingOf(first).IsCurrent, broadcaster.StandingOf(second).IsCurrent));

        // The last by less than the stall timeout is none that stalls either, however long it took.
        second.ReleaseAnswers();
        await Eventually.Equal(0, () => broadcaster.StandingOf(second).LagRequests, broadcaster.Dump);
        for (int i = 0; i < 9; i++)
            time.Advance(settings.StallTimeout / 10);
        Assert.True(broadcaster.StandingOf(first).IsCurrent, broadcaster.Dump());
        first.ReleaseAnswers();
        for (int i = 0; i < (reply == FramedReply.All ? 2 : 1); i++)
            Assert.Equal("1", await client.ReadReplyAsync());
        await broadcaster.NothingOwedAsync(first, second);
        Assert.Equal((0, 0), (broadcaster.Of(first).Withdrawals, broadcaster.Of(second).Withdrawals));
        Assert.Equal(0, broadcaster.Log.Count(1503));
    }

    [Fact]
    public async Task The_only_server_is_waited_for_until_the_reply_timeout_and_then_its_connection_is_closed_and_clients_get_an_error()
    {
        var time = new FakeTimeProvider();
        using var server = FramedServer.Redis(Asking.Echoing);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, time, server.Tcp);
        await broadcaster.CurrentAsync(server);
        using var client = await broadcaster.ConnectAsync();
        server.HoldAnswers();
        await client.SendAllAsync(["GET 1", "GET 2"]);
        await server.RequestsAsync(2);
        for (int i = 0; i < 10; i++)
        {
            time.Advance((Asking.Redis.ReplyTimeout - Moment) / 10);
            Assert.Equal((0, true), (broadcaster.Snapshot.RelayedBytes, broadcaster.StandingOf(server).IsCurrent));
        }

        await time.UntilAsync(() => broadcaster.Of(server).ConnectionsLost == 1, broadcaster.Dump);
        Assert.All(await client.ReadRepliesAsync(2), reply => Assert.StartsWith("-ERR every server that was current is gone", reply, StringComparison.Ordinal));
        server.ReleaseAnswers();
        await time.UntilAsync(() => broadcaster.StandingOf(server).IsCurrent, broadcaster.Dump);
        Assert.Equal("3", await client.AskAsync("GET 3"));
        Assert.Equal(["GET 1", "GET 2", "GET 1", "GET 2", "GET 3"], server.Texts);
        Assert.Equal((2, 0), (broadcaster.Of(server).Repeats, broadcaster.Of(server).DroppedRequests));
    }

    /// <summary>The other one was lost, so its vote is; that it is back helps the newer requests alone.</summary>
    [Fact]
    public async Task The_last_voter_of_a_request_is_waited_for_although_another_answers_newer_ones()
    {
        var time = new FakeTimeProvider();
        using var a = FramedServer.Redis(Asking.Echoing);
        using var b = FramedServer.Redis(Asking.Echoing);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, time, a.Tcp, b.Tcp);
        await broadcaster.CurrentAsync(a, b);
        using var first = await broadcaster.ConnectAsync();
        using var second = await broadcaster.ConnectAsync();
        a.HoldAnswers();
        b.HoldAnswers();
        await first.SendAsync("GET first\r\n");
        await a.RequestsAsync(1);
        await b.RequestsAsync(1);
        b.Restart();
        await time.UntilAsync(() => b.Requests.Count == 2, b.Dump);
        b.ReleaseAnswers();
        await broadcaster.CurrentAsync(b);
        await second.SendAsync("GET second\r\n");
        await a.RequestsAsync(2);
        await time.UntilAsync(() => !broadcaster.StandingOf(a).IsCurrent, broadcaster.Dump);
        Assert.Equal("second", await second.ReadReplyAsync());
        Assert.Equal(8, broadcaster.Snapshot.RelayedBytes - 4);
        a.ReleaseAnswers();
        Assert.Equal("first", await first.ReadReplyAsync());
    }

    [Fact]
    public async Task A_server_that_stops_reading_under_load_holds_for_its_budget_is_ejected_and_comes_back_when_that_is_half_full()
    {
        var time = new FakeTimeProvider();
        using var good = FramedServer.Redis();
        using var stuck = FramedServer.Redis(tcp: Narrow);
        using var broadcaster = BroadcasterUnderTest.Start(Small with { ReplyTimeout = TimeSpan.Zero, ConnectTimeout = TimeSpan.FromDays(1) }, time, good.Tcp, stuck.Tcp);
        await broadcaster.CurrentAsync(good, stuck);
        using var client = await broadcaster.ConnectAsync();
        stuck.PauseReading();
        const int Count = 2000;
        var sending = client.SendAllAsync(Enumerable.Range(0, Count).Select(Request));
        var reading = client.ReadRepliesAsync(Count);
        await Eventually.True(() => broadcaster.Snapshot.Held > 0 && broadcaster.StandingOf(good).LagRequests == 0, broadcaster.Dump);
        long held = broadcaster.Snapshot.Requests;
        time.Advance(Small.StallTimeout - Moment);
        Assert.Equal((0, held), (broadcaster.Of(stuck).Ejections, broadcaster.Snapshot.Requests));
        await time.UntilAsync(() => broadcaster.Of(stuck).Ejections == 1, broadcaster.Dump);

        // It holds nobody any more: no time need pass.
        await sending;
        Assert.All(await reading, reply => Assert.Equal("+OK", reply));
        Assert.Equal(("Ejected", true), (broadcaster.StandingOf(stuck).Gap, broadcaster.StandingOf(stuck).IsEjected));
        Assert.Equal(1, broadcaster.Log.Count(1504));
        stuck.ResumeReading();
        await time.UntilAsync(() => broadcaster.StandingOf(stuck) is { LagRequests: 0, IsConnected: true }, broadcaster.Dump);
        Assert.True(broadcaster.StandingOf(stuck).IsEjected);
        await time.UntilAsync(() => !broadcaster.StandingOf(stuck).IsEjected, broadcaster.Dump);
        Assert.Equal(1, broadcaster.Log.Count(1505));
        Assert.Equal("+OK", await client.AskAsync("SET last 1"));
        await broadcaster.NothingOwedAsync(good, stuck);

        // What had been sent and not answered when its connection was closed counts as dropped, though its kernel may have kept it for it.
        Assert.InRange(stuck.FirstSeen().Length + broadcaster.Of(stuck).DroppedRequests, good.Texts.Count, good.Texts.Count + 400);
        Assert.Equal(broadcaster.Of(stuck).Drops.Single(drop => drop.Reason == DropReason.Ejected).Requests, broadcaster.Of(stuck).DroppedRequests);
        var seen = stuck.FirstSeen().ToHashSet();
        Assert.Equal(good.Texts.Where(seen.Contains), stuck.FirstSeen());
        Assert.Equal("SET last 1", stuck.Texts[^1]);
        TestContext.Current.TestOutputHelper?.WriteLine($"held at {held} requests, {broadcaster.Of(stuck).DroppedRequests} dropped, {broadcaster.Of(stuck).Repeats} repeats");
    }

    /// <summary>Ten minutes in which it owed one request, and nobody waited for it, are not taken out of what it may hold.</summary>
    [Fact]
    public async Task A_long_quiet_stall_before_a_load_is_not_paid_for_with_hours()
    {
        var time = new FakeTimeProvider();
        using var good = FramedServer.Redis();
        using var stuck = FramedServer.Redis(tcp: Narrow);
        using var broadcaster = BroadcasterUnderTest.Start(Small with { ReplyTimeout = TimeSpan.Zero, ConnectTimeout = TimeSpan.FromDays(1) }, time, good.Tcp, stuck.Tcp);
        await broadcaster.CurrentAsync(good, stuck);
        using var client = await broadcaster.ConnectAsync();
        stuck.HoldAnswers();
        Assert.Equal("+OK", await client.AskAsync("SET first 1"));
        await stuck.RequestsAsync(1);
        time.Advance(TimeSpan.FromMinutes(10));
        await time.UntilAsync(() => !broadcaster.StandingOf(stuck).IsCurrent, broadcaster.Dump);
        stuck.PauseReading();
        const int Count = 2000;
        var sending = client.SendAllAsync(Enumerable.Range(0, Count).Select(Request));
        var reading = client.ReadRepliesAsync(Count);
        await time.UntilAsync(() => broadcaster.Of(stuck).Ejections == 1, broadcaster.Dump);
        await sending;
        await reading;
        stuck.ReleaseAnswers();
        stuck.ResumeReading();
        await time.UntilAsync(() => broadcaster.StandingOf(stuck) is { LagRequests: 0, IsConnected: true }, broadcaster.Dump);
        time.Advance(TimeSpan.FromSeconds(60));
        await time.UntilAsync(() => !broadcaster.StandingOf(stuck).IsEjected, broadcaster.Dump);
    }

    /// <summary>The clock stands, so whatever would wait would wait for ever.</summary>
    [Fact]
    public async Task With_a_stall_timeout_of_zero_nobody_is_held_by_a_server_that_does_not_read()
    {
        using var good = FramedServer.Redis();
        using var stuck = FramedServer.Redis(tcp: Narrow);
        using var broadcaster = BroadcasterUnderTest.Start(Small with { StallTimeout = TimeSpan.Zero }, new FakeTimeProvider(), good.Tcp, stuck.Tcp);
        await broadcaster.CurrentAsync(good, stuck);
        using var client = await broadcaster.ConnectAsync();
        stuck.PauseReading();
        const int Count = 2000;
        var sending = client.SendAllAsync(Enumerable.Range(0, Count).Select(Request));
        Assert.All(await client.ReadRepliesAsync(Count), reply => Assert.Equal("+OK", reply));
        await sending;
        Assert.InRange(broadcaster.Of(stuck).Ejections, 1, long.MaxValue);
        Assert.InRange(broadcaster.Of(stuck).DroppedRequests, 1, Count);
        Assert.Equal(0, broadcaster.Of(good).DroppedRequests);
        Assert.Equal(Count, good.Texts.Count);
    }

    [Fact]
    [Trait("Server", "any")]
    public async Task A_real_redis_stopped_under_light_load_delays_once_and_has_the_same_data_in_the_end()
    {
        using var stopped = await RedisServer.StartAsync();
        using var good = await RedisServer.StartAsync();
        var stall = TimeSpan.FromSeconds(1);
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis with { StallTimeout = stall }, [stopped.Address, good.Address]);
        await Eventually.True(() => broadcaster.Snapshot.Backends.All(backend => backend.Standing is { IsCurrent: true }), broadcaster.Dump);
        using var client = await broadcaster.ConnectAsync();
        Assert.Equal("+OK", await client.AskAsync("SET before 1"));
        stopped.Process.Send(UnixSignal.Stop);
        try
        {
            long start = Stopwatch.GetTimestamp();
            Assert.Equal("+OK", await client.AskAsync("SET 0 1"));
            var first = Stopwatch.GetElapsedTime(start);
            Assert.InRange(first, stall - Moment, TimeSpan.FromSeconds(20));
            for (int i = 1; i < 100; i++)
                Assert.Equal("+OK", await client.AskAsync($"SET {i} 1"));
            var all = Stopwatch.GetElapsedTime(start);
            TestContext.Current.TestOutputHelper?.WriteLine($"the first answer after {first.TotalSeconds:0.00} s, the next 99 after {(all - first).TotalSeconds:0.00} s");

            // A tenth of what they took had each waited for the stall timeout.
            Assert.InRange(all - first, TimeSpan.Zero, TimeSpan.FromSeconds(10));
        }
        finally
        {
            stopped.Process.Send(UnixSignal.Continue);
        }

        await Eventually.True(() => broadcaster.Snapshot.Backends.All(backend => backend.Standing is { IsCurrent: true, LagRequests: 0 }), broadcaster.Dump);
        Assert.Equal(await good.DataDigestAsync(), await stopped.DataDigestAsync());
        Assert.All(broadcaster.Snapshot.Backends, backend => Assert.Equal((0, 0, 0), (backend.DroppedRequests, backend.Repeats, backend.ConnectionsLost)));
    }

    [Fact]
    [Trait("Server", "any")]
    public async Task A_real_redis_stopped_under_heavy_load_is_ejected_and_what_it_lacks_is_what_was_dropped()
    {
        using var stopped = await RedisServer.StartAsync("--appendonly", "no");
        using var good = await RedisServer.StartAsync("--appendonly", "no");
        var settings = Small with { BacklogBytesMax = 1 << 20, StallTimeout = TimeSpan.FromSeconds(0.5) };
        using var broadcaster = BroadcasterUnderTest.Start(settings, [good.Address, stopped.Address]);
        await Eventually.True(() => broadcaster.Snapshot.Backends.All(backend => backend.Standing is { IsCurrent: true }), broadcaster.Dump);
        using var client = await broadcaster.ConnectAsync();
        stopped.Process.Send(UnixSignal.Stop);
        int count = 0;
        try
        {
            // Distinct keys: what is there in the end can be counted.
            for (; count < 40_000; count += 1000)
            {
                var sending = client.SendAllAsync(Enumerable.Range(count, 1000).Select(Request));
                Assert.All(await client.ReadRepliesAsync(1000), reply => Assert.Equal("+OK", reply));
                await sending;
            }
        }
        finally
        {
            stopped.Process.Send(UnixSignal.Continue);
        }

        await Eventually.True(() => broadcaster.Snapshot.Backends.All(backend => backend.Standing is { IsCurrent: true, LagRequests: 0 }), broadcaster.Dump);
        var of = broadcaster.Snapshot.Backends[1];
        Assert.InRange(of.Ejections, 1, 10);
        Assert.Equal($":{count}", await good.AskAsync("DBSIZE"));
        int kept = int.Parse((await stopped.AskAsync("DBSIZE"))[1..], System.Globalization.CultureInfo.InvariantCulture);

        // Nothing is lost that is not counted; of what is counted its kernel may have kept some for it.
        Assert.InRange(kept, count - of.DroppedRequests, count - 1);
        TestContext.Current.TestOutputHelper?.WriteLine($"{count} written, {kept} kept, {of.DroppedRequests} dropped, {of.Repeats} repeats, {of.Ejections} ejections, {of.ConnectionsLost} connections lost");
    }

    private static string Request(int i) => $"SET {i} {new string('v', 1000)}";
}
