using System.Globalization;
using System.Text;
using Dynode.Broadcast.Backends;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Line;

/// <summary>Servers of lines that die and come back.</summary>
public sealed class ReturnTests
{
    [Fact]
    public async Task A_server_that_was_down_gets_what_it_missed_in_order_before_anything_newer()
    {
        using var steady = ScriptedServer.Start();
        using var dies = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Silent, steady, dies);
        using var client = await broadcaster.ConnectAsync();
        string before = Text(0, 100);
        await client.SendAsync(before);
        await Task.WhenAll(steady.ReceivedTextAsync(before), dies.ReceivedTextAsync(before));
        dies.Kill();
        await Eventually.Equal(BackendState.Down, () => broadcaster.Of(dies).State, broadcaster.Dump);
        string meanwhile = Text(100, 20_000);
        await client.SendAsync(meanwhile);
        await steady.ReceivedTextAsync(before + meanwhile);
        Assert.Equal(19_900, broadcaster.Of(dies).Standing!.LagRequests);
        dies.Listen();
        string after = Text(20_000, 20_010);
        await client.SendAsync(after);
        await Task.WhenAll(steady.ReceivedTextAsync(before + meanwhile + after), dies.ReceivedTextAsync(before + meanwhile + after));
        Assert.Equal((0L, 0L, (string?)null), (broadcaster.Of(dies).DroppedRequests, broadcaster.Of(dies).Repeats, broadcaster.Of(dies).Standing!.Gap));
    }

    [Fact]
    public async Task Beyond_the_backlog_the_oldest_lines_are_dropped_whole_and_counted_and_leave_a_gap()
    {
        using var steady = ScriptedServer.Start();
        using var down = ScriptedServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Silent with { BacklogBytesMax = 100_000 }, steady, down);
        using var client = await broadcaster.ConnectAsync();
        await Eventually.Equal(BackendState.Down, () => broadcaster.Of(down).State, broadcaster.Dump);
        string text = Text(0, 20_000);
        await client.SendAsync(text);
        await steady.ReceivedTextAsync(text);
        long dropped = broadcaster.Dropped(down, DropReason.Backlog);
        Assert.InRange(dropped, 1, 19_999);
        Assert.Equal("Backlog", broadcaster.Of(down).Standing!.Gap);
        down.Listen();
        await down.ReceivedTextAsync(Text((int)dropped, 20_000));
    }

    [Fact]
    public Task A_server_that_dies_in_mid_line_begins_with_a_whole_line_on_the_next_connection() => Seed.RunAsync(async random =>
    {
        const int Lines = 400;
        using var steady = ScriptedServer.Start();
        using var dies = ScriptedServer.Start(new ServerScript { ReceiveBufferBytes = 4_096, ReadPaused = true });
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Silent with { StallTimeout = TimeSpan.FromSeconds(100) }, steady, dies);
        using var client = await broadcaster.ConnectAsync();
        string[] lines = [.. Enumerable.Range(0, Lines).Select(i => string.Create(CultureInfo.InvariantCulture, $"<{i}:{new string('x', random.Next(20_000))}>\n"))];
        await client.SendAsync(string.Concat(lines));
        await steady.ReceivedTextAsync(string.Concat(lines));

        // As much is under way as kernels take: nothing says that a line ends there.
        for (int death = 0; death < 3; death++)
        {
            int connection = dies.Connections.Count - 1;
            long sent = 0;
            await Eventually.True(() => sent == (sent = broadcaster.Of(dies).SentBytes) && sent > 0, broadcaster.Dump);
            dies.ResetAll();
            await dies.ConnectionAsync(connection + 1);
        }

        dies.Script = dies.Script with { ReadPaused = false };
        dies.ResumeReading();
        string last = dies.Connections[^1].ReceivedText;
        await Eventually.True(() => (last = dies.Connections[^1].ReceivedText).EndsWith(lines[^1], StringComparison.Ordinal), broadcaster.Dump);
        int first = Array.IndexOf(lines, last[..(last.IndexOf('\n', StringComparison.Ordinal) + 1)]);
        Assert.InRange(first, 1, Lines - 1);
        Assert.Equal(string.Concat(lines[first..]), last);
        Assert.Equal((3L, 0L), (broadcaster.Of(dies).ConnectionsLost, broadcaster.Of(dies).DroppedRequests));
        Assert.True(broadcaster.Of(dies).UnacknowledgedBytes > 0, broadcaster.Dump());
    });

    [Fact]
    public async Task A_server_that_is_added_gets_what_comes_from_then_on_and_one_that_is_removed_what_came_before()
    {
        using var first = ScriptedServer.Start();
        using var second = ScriptedServer.Start();
        using var third = ScriptedServer.Start();
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Silent, first, second);
        using var client = await broadcaster.ConnectAsync();
        string before = Text(0, 3_000);
        await client.SendAsync(before);
        await Eventually.Equal(3_000L, () => broadcaster.Snapshot.Requests, broadcaster.Dump);
        broadcaster.Apply(second, third);
        await broadcaster.CurrentAsync(2);
        string after = Text(3_000, 6_000);
        await client.SendAsync(after);
        await Task.WhenAll(first.ReceivedTextAsync(before), second.ReceivedTextAsync(before + after), third.ReceivedTextAsync(after));
        await Eventually.Equal(ConnectionEnd.PeerFin, () => first.Connections[0].End, first.Dump);
        Assert.Equal(before, first.ReceivedText);
        Assert.Equal("Added", broadcaster.Of(third).Standing!.Gap);
    }

    [Fact]
    public async Task A_drain_delivers_everything_that_was_read_and_ends_on_both_sides()
    {
        using var first = ScriptedServer.Start();
        using var slow = ScriptedServer.Start(new ServerScript { ReadPaused = true, ReceiveBufferBytes = 4_096 });
        using var down = ScriptedServer.Down();
        using var broadcaster = BroadcasterUnderTest.Start(LineSettings.Silent, first, slow, down);
        using var client = await broadcaster.ConnectAsync();
        string text = Text(0, 100_000);
        await client.SendAsync(text + "half");
        await Eventually.Equal(client.SentBytes, () => broadcaster.Snapshot.ReceivedBytes, broadcaster.Dump);
        var drain = broadcaster.DrainAsync();
        await Eventually.True(() => TestClient.TryConnect(broadcaster.Port) is null);
        slow.ResumeReading();
        await drain;
        Assert.Equal((0, false), ((await client.ReadToEndAsync()) is var end ? (end.Bytes.Length, end.WasReset) : default));
        await Task.WhenAll(first.ReceivedTextAsync(text), slow.ReceivedTextAsync(text));
        await Eventually.Equal(ConnectionEnd.PeerFin, () => first.Connections[0].End, first.Dump);
        await Eventually.Equal(ConnectionEnd.PeerFin, () => slow.Connections[0].End, slow.Dump);
        Assert.Single(broadcaster.Log.Of(1103), line => line.Contains(down.Address, StringComparison.Ordinal) && line.Contains("100000 requests", StringComparison.Ordinal));
    }

    private static string Text(int from, int to)
    {
        var text = new StringBuilder();
        for (int i = from; i < to; i++)
            text.Append(CultureInfo.InvariantCulture, $"metric.{i:000000} 1{(i % 3 == 0 ? "\r\n" : "\n")}");
        return text.ToString();
    }
}
