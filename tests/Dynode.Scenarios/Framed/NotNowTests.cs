using System.Collections.Concurrent;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using Reply = Dynode.TestKit.Framed.FramedReply;

namespace Dynode.Scenarios.Framed;

/// <summary>Replies that mean "not now, nothing done" acknowledge nothing: the server withdraws, is connected again with backoff, and is sent all from there.</summary>
public sealed class NotNowTests
{
    [Theory]
    [InlineData("-LOADING Redis is loading the dataset in memory")]
    [InlineData("-READONLY You can't write against a read only replica.")]
    [InlineData("-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.")]
    [InlineData("-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.")]
    [InlineData("-NOAUTH Authentication required.")]
    public async Task A_server_that_says_not_now_for_a_while_loses_nothing_and_delays_nobody(string refusal)
    {
        bool refuses = false;
        var done = new ConcurrentQueue<string>();
        using var a = FramedServer.Redis(new FramedScript
        {
            Answer = request =>
            {
                if (Volatile.Read(ref refuses))
                    return Reply.Line(refusal);
                if (!request.IsPreamble)
                    done.Enqueue(request.Text);
                return null;
            },
        });
        using var b = FramedServer.Redis();
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [a.Address, b.Address]);
        await broadcaster.CurrentAsync(a, b);
        using var client = await broadcaster.ConnectAsync();
        string[] requests = [.. Enumerable.Range(0, 40).Select(i => $"SET {i} {i}")];
        await client.SendAllAsync(requests[..3]);
        await client.ReadRepliesAsync(3);
        Volatile.Write(ref refuses, true);
        for (int i = 3; i < requests.Length - 1; i++)
            Assert.Equal("+OK", await client.AskAsync(requests[i]));
        await Eventually.True(() => broadcaster.Of(a).ConnectFailures >= 3, broadcaster.Dump);
        Assert.Contains(refusal[1..], broadcaster.Log.Dump(), StringComparison.Ordinal);
        Assert.Equal(requests[..3], done);
        Assert.False(broadcaster.StandingOf(a).IsCurrent);
        Volatile.Write(ref refuses, false);
        await broadcaster.CurrentAsync(a);
        Assert.Equal("+OK", await client.AskAsync(requests[^1]));
        await broadcaster.NothingOwedAsync(a, b);
        Assert.Equal(requests, done);
        Assert.Equal(requests, b.Texts);
        Assert.Equal((0, 1), (broadcaster.Of(a).DroppedRequests, broadcaster.Of(a).ConnectionsLost));
        Assert.Equal(a.Repeats(), broadcaster.Of(a).Repeats);
        Assert.Null(broadcaster.StandingOf(a).Gap);
    }

    /// <summary>The clock stands: a connection that has answered begins the backoff anew, so each of them costs one retry at once.</summary>
    [Fact]
    public async Task A_readonly_that_a_script_has_made_does_not_hold_its_server_back_nor_does_the_tenth()
    {
        using var server = FramedServer.Redis(new FramedScript
        {
            Answer = request => request.Name == "EVAL" ? Reply.Line("-READONLY made by a script") : null,
        });
        var settings = Asking.Redis with { ReconnectDelayMax = TimeSpan.FromSeconds(10) };
        using var broadcaster = BroadcasterUnderTest.Start(settings, new FakeTimeProvider(), server.Tcp);
        using var client = await broadcaster.ConnectAsync();
        for (int i = 0; i < 10; i++)
        {
            await broadcaster.CurrentAsync(server);
            Assert.StartsWith("-ERR every server", await client.AskAsync($"EVAL {i} 0"), StringComparison.Ordinal);
            await broadcaster.CurrentAsync(server);
            Assert.Equal("+OK", await client.AskAsync($"SET {i} {i}"));
        }

        Assert.Equal(Enumerable.Range(0, 10).SelectMany(i => new[] { $"EVAL {i} 0", $"EVAL {i} 0", $"SET {i} {i}" }), server.Texts);
        Assert.Equal((10, 10, 0), (broadcaster.Of(server).ConnectionsLost, broadcaster.Of(server).Repeats, broadcaster.Of(server).DroppedRequests));
    }

    [Theory]
    [InlineData("-OOM command not allowed when used memory > 'maxmemory'.")]
    [InlineData("-MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.")]
    [InlineData("-WRONGTYPE Operation against a key holding the wrong kind of value")]
    [InlineData("-BUSYKEY Target key name already exists.")]
    public async Task Every_other_error_is_a_reply_like_any_other(string error)
    {
        using var server = FramedServer.Redis(new FramedScript { Answer = request => request.Text == "SET 2 2" ? Reply.Line(error) : null });
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [server.Address]);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAllAsync(Enumerable.Range(0, 5).Select(i => $"SET {i} {i}"));
        Assert.Equal(["+OK", "+OK", error, "+OK", "+OK"], await client.ReadRepliesAsync(5));
        Assert.Equal((1, 0), (server.Tcp.Accepted, server.Repeats()));
    }

    [Fact]
    public async Task A_database_that_a_server_refuses_is_never_written_for()
    {
        using var server = FramedServer.Redis(new FramedScript { RefusedDatabases = [5] });
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [server.Address]);
        using var client = await broadcaster.ConnectAsync();
        await client.SendAllAsync(["SELECT 2", "SET a 2", "SELECT 5", "SET b 2", "SELECT 0", "SET c 0"]);
        Assert.Equal(["+OK", "+OK", "-ERR DB index is out of range", "+OK", "+OK", "+OK"], await client.ReadRepliesAsync(6));
        Assert.Equal([("SET a 2", 2), ("SET b 2", 2), ("SET c 0", 0)], server.Requests.Where(request => request.Name == "SET").Select(request => (request.Text, request.Database)));
    }
}
