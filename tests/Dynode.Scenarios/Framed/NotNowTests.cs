using System.Collections.Concurrent;
using System.Globalization;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
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

    [Theory]
    [InlineData("-READONLY made by a script", false)]
    [InlineData("-READONLY You can't write against a read only replica.", true)]
    [InlineData("-READONLY You can't write against a read only replica. script: 7cfb4342127e7ab3d63ac05e0d3615fd50b45b06, on @user_script:1.", true)]
    [InlineData("-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", true)]
    public async Task An_error_that_a_script_has_made_is_an_answer_and_the_server_is_asked_where_it_is_to_the_letter_its_own(string error, bool isAsked)
    {
        using var server = FramedServer.Redis(new FramedScript { Answer = request => request.Name == "EVAL" ? Reply.Line(error) : null });
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [server.Address]);
        using var client = await broadcaster.ConnectAsync();
        await broadcaster.CurrentAsync(server);
        for (int i = 0; i < 10; i++)
        {
            Assert.Equal(error, await client.AskAsync($"EVAL {i} 0"));
            Assert.Equal("+OK", await client.AskAsync($"SET {i} {i}"));
        }

        string[] asked = isAsked ? ["PING", "INFO replication"] : [];
        Assert.Equal(Enumerable.Range(0, 10).SelectMany(i => (string[])[$"EVAL {i} 0", .. asked, $"SET {i} {i}"]), server.Texts);
        Assert.Equal((0, 0, 0), (broadcaster.Of(server).ConnectionsLost, broadcaster.Of(server).Repeats, broadcaster.Of(server).DroppedRequests));
    }

    /// <summary>More refusals than one read holds: the last of them is cut off, and says nothing.</summary>
    [Theory]
    [InlineData(2_000)]
    [InlineData(5_000)]
    public async Task Scripts_that_a_replica_refuses_all_arrive_once_when_it_takes_writes_again_however_many_there_are(int count)
    {
        const string Refusal = "-READONLY You can't write against a read only replica. script: 7cfb4342127e7ab3d63ac05e0d3615fd50b45b06, on @user_script:1.";
        bool refuses = false;
        var done = new ConcurrentQueue<string>();
        using var a = FramedServer.Redis();
        using var b = FramedServer.Redis(new FramedScript
        {
            Answer = request =>
            {
                if (Volatile.Read(ref refuses))
                    return request.Name switch { "EVAL" => Reply.Line(Refusal), "INFO" => Reply.Bulk("# Replication\r\nrole:slave\r\nslave_read_only:1\r\n"), _ => null };
                if (request.Name == "EVAL")
                    done.Enqueue(request.Text);
                return null;
            },
        });
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [a.Address, b.Address]);
        await broadcaster.CurrentAsync(a, b);
        using var client = await broadcaster.ConnectAsync();
        Volatile.Write(ref refuses, true);
        b.HoldAnswers();
        string[] requests = [.. Enumerable.Range(0, count).Select(i => $"EVAL {i} 0")];
        var sending = client.SendAllAsync(requests);
        await client.ReadRepliesAsync(count);
        await sending;
        await b.RequestsAsync(count);
        b.ReleaseAnswers();
        await Eventually.True(() => broadcaster.Of(b).ConnectionsLost >= 1, broadcaster.Dump);

        // It takes writes again while nothing is in flight: else it would do some behind what it refused.
        b.StopListening();
        await Eventually.True(() => !b.Tcp.OpenConnections.Any(), b.Dump);
        Volatile.Write(ref refuses, false);
        b.Listen();
        await broadcaster.CurrentAsync(b);
        await broadcaster.NothingOwedAsync(a, b);
        Assert.Equal(requests, done);
        Assert.Equal((0, 0), (broadcaster.Of(b).DroppedRequests, broadcaster.Of(b).Divergences));
    }

    /// <summary>What a script did is not done again: what was refused before it is an answer, and differs from the other server's.</summary>
    [Fact]
    public async Task Scripts_that_were_done_behind_one_that_was_refused_are_not_sent_again()
    {
        const string Refusal = "-READONLY You can't write against a read only replica. script: 7cfb4342127e7ab3d63ac05e0d3615fd50b45b06, on @user_script:1.";
        using var a = FramedServer.Redis();
        using var b = FramedServer.Redis(new FramedScript { Answer = request => request.Name == "EVAL" && request.Words[1] is "0" or "1" ? Reply.Line(Refusal) : null });
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [a.Address, b.Address]);
        await broadcaster.CurrentAsync(a, b);
        using var client = await broadcaster.ConnectAsync();
        b.HoldAnswers();
        string[] requests = [.. Enumerable.Range(0, 10).Select(i => $"EVAL {i} 0")];
        await client.SendAllAsync(requests);
        await client.ReadRepliesAsync(10);
        b.ReleaseAnswers();
        await broadcaster.NothingOwedAsync(a, b);
        Assert.Equal(requests, b.Texts);
        Assert.Equal((0, 2), (broadcaster.Of(b).Repeats, broadcaster.Of(b).Divergences));
    }

    /// <summary>What follows in the same pipeline shows that the server works, so it is not even asked.</summary>
    [Fact]
    public async Task A_scripts_error_among_the_requests_of_others_sends_none_of_them_again()
    {
        const string Error = "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
        using var server = FramedServer.Redis(new FramedScript { Answer = request => request.Name == "EVAL" ? Reply.Line(Error) : null });
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [server.Address]);
        using var client = await broadcaster.ConnectAsync();
        await broadcaster.CurrentAsync(server);
        server.HoldAnswers();
        string[] requests = [.. Enumerable.Range(0, 300).Select(i => i % 3 == 0 ? $"EVAL {i} 0" : $"SET {i} {i}")];
        await client.SendAllAsync(requests);
        await server.TextsAsync(requests);
        server.ReleaseAnswers();
        Assert.Equal(requests.Select(text => text.StartsWith('E') ? Error : "+OK"), await client.ReadRepliesAsync(requests.Length));
        Assert.Equal(requests, server.Texts);
        Assert.Equal((1, 0), (server.Tcp.Accepted, broadcaster.Of(server).Repeats));
    }

    /// <summary>It refuses one request, and does the ones behind it: to send the first again would put it behind them.</summary>
    [Fact]
    public async Task What_a_server_refused_and_did_a_later_one_of_is_an_answer_and_a_gap_and_is_not_sent_again()
    {
        const string Busy = "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
        using var odd = FramedServer.Redis(new FramedScript { Answer = request => request.Text is "SET 3 3" or "SET 4 4" ? Reply.Line(Busy) : null });
        using var good = FramedServer.Redis();
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [odd.Address, good.Address]);
        await broadcaster.CurrentAsync(odd, good);
        using var client = await broadcaster.ConnectAsync();
        odd.HoldAnswers();
        string[] requests = [.. Enumerable.Range(0, 10).Select(i => $"SET {i} {i}")];
        await client.SendAllAsync(requests);
        await odd.TextsAsync(requests);
        odd.ReleaseAnswers();
        Assert.Equal(requests.Select((_, i) => i is 3 or 4 ? Busy : "+OK"), await client.ReadRepliesAsync(10));
        await broadcaster.NothingOwedAsync(odd, good);
        Assert.Equal(requests, odd.Texts);
        Assert.Equal(("Refused", 3, 0), (broadcaster.StandingOf(odd).Gap, broadcaster.StandingOf(odd).FirstMissing, broadcaster.Of(odd).ConnectionsLost));
    }

    /// <summary>The same, where the refusals fill many reads before the first one that was done: it decides of all of them.</summary>
    [Theory]
    [InlineData("SET", 5_000)]
    [InlineData("SET", 30_000)]
    [InlineData("EVAL", 5_000)]
    public async Task However_many_were_refused_in_a_row_none_is_sent_again_when_a_later_one_was_done(string verb, int count)
    {
        const string Refusal = "-READONLY You can't write against a read only replica.";
        int refused = count - 500;
        using var odd = FramedServer.Redis(new FramedScript
        {
            Answer = request => request.Name == verb && int.Parse(request.Words[1], CultureInfo.InvariantCulture) < refused ? Reply.Line(Refusal) : null,
        });
        using var good = FramedServer.Redis();
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [odd.Address, good.Address]);
        await broadcaster.CurrentAsync(odd, good);
        using var client = await broadcaster.ConnectAsync();
        odd.HoldAnswers();
        string[] requests = [.. Enumerable.Range(0, count).Select(i => $"{verb} {i} 0")];
        var sending = client.SendAllAsync(requests);
        await odd.RequestsAsync(count);
        odd.ReleaseAnswers();
        await client.ReadRepliesAsync(count);
        await sending;
        await broadcaster.NothingOwedAsync(odd, good);
        Assert.Equal(requests, odd.Texts);
        Assert.Equal((0, 0), (broadcaster.Of(odd).Repeats, broadcaster.Of(odd).ConnectionsLost));
        Assert.Equal(verb == "SET" ? ("Refused", 0, refused) : ("", -1, 0), (broadcaster.StandingOf(odd).Gap ?? "", broadcaster.StandingOf(odd).FirstMissing, (int)broadcaster.Of(odd).DroppedRequests));
    }

    /// <summary>A user who may neither PING nor INFO: what it is refused may have been said by a server that reads its data, however often.</summary>
    [Fact]
    public async Task A_server_that_has_not_proven_that_it_is_ready_is_sent_one_request_at_a_time_until_it_has()
    {
        bool refuses = true;
        using var server = FramedServer.Redis(new FramedScript
        {
            Answer = request => request.Name is "PING" or "INFO" ? Reply.Line($"-NOPERM User app has no permissions to run the '{request.Name}' command")
                : Volatile.Read(ref refuses) && !request.IsPreamble ? Reply.Line("-LOADING Redis is loading the dataset in memory")
                : null,
        });
        using var broadcaster = BroadcasterUnderTest.Start(Asking.Redis, [server.Address]);
        await broadcaster.CurrentAsync(server);
        using var client = await broadcaster.ConnectAsync();
        string[] requests = [.. Enumerable.Range(0, 50).Select(i => $"SET {i} {i}")];
        await client.SendAllAsync(requests);
        await Eventually.True(() => broadcaster.Of(server).ConnectionsLost >= 5, broadcaster.Dump);
        Assert.All(server.Texts, text => Assert.Equal("SET 0 0", text));
        Volatile.Write(ref refuses, false);
        await broadcaster.NothingOwedAsync(server);
        Assert.Equal(requests, server.FirstSeen());
        Assert.Equal(1, broadcaster.Log.Count(1512));
        Assert.Equal(0, broadcaster.Of(server).DroppedRequests);
        await client.ReadRepliesAsync(50);
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
