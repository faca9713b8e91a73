using System.Text.Json;
using Dynode.Streams;
using Dynode.Streams.Claims;

namespace Dynode.UnitTests.Native.Admin;

/// <summary>The ordered log in /status: all of it where there is one, null where there is none.</summary>
public sealed class LogJsonTests
{
    [Fact]
    public async Task It_says_how_it_stands_and_where_each_server_does()
    {
        using var admin = new AdminUnderTest(static () => AdminUnderTest.WithLog(AdminUnderTest.Snapshot()), TimeProvider.System);
        using var status = JsonDocument.Parse((await admin.AskAsync("/status")).Body);
        var log = status.RootElement.GetProperty("ordered_log");
        Assert.Equal(1, status.RootElement.GetProperty("schema").GetInt32());
        Assert.Equal(("reading", "orders", "n1"), (Text(log, "state"), Text(log, "stream"), Text(log, "leader")));
        Assert.Equal((1_000, 990, 10), (Number(log, "last"), Number(log, "placed"), Number(log, "lag")));
        Assert.Equal((0.0125, 0.002, 0.002), (Number(log, "round_trip_seconds"), Number(log, "place_p50_seconds"), Number(log, "place_p99_seconds")));
        Assert.Equal((5, 1, 4, 3), (Number(log, "not_kept"), Number(log, "not_kept_untold"), Number(log, "unknown"), Number(log, "sent_again")));
        Assert.Equal("", Text(log, "refusal"));
        Assert.Equal(12, Number(log, "overtaken"));
        Assert.Equal("""[{"who":"fra-2, port 9000, process 7","proven":true,"servers":null}]""", log.GetProperty("living").GetRawText());
        Assert.Equal(["doubled", "hole", "closed"], log.GetProperty("turned_away").EnumerateObject().Select(one => one.Name));
        var ranges = log.GetProperty("ranges");
        Assert.Equal((11, 2, 6), (Number(ranges, "compared"), Number(ranges, "differing"), Number(ranges, "doubtful")));
        var place = status.RootElement.GetProperty("servers")[0].GetProperty("place");
        Assert.Equal(("held", "", 980, 20), (Text(place, "claim"), Text(place, "who"), Number(place, "number"), Number(place, "lag")));
        var mark = status.RootElement.GetProperty("servers")[0].GetProperty("watermark");
        Assert.Equal((979, 1, 3, "careful"), (Number(mark, "number"), Number(mark, "index"), Number(mark, "epoch"), Text(mark, "mode")));
        Assert.Equal((6, 8, 9), (Number(mark, "batch_aborts"), Number(mark, "repeats_avoided"), Number(mark, "fences_lost")));
    }

    [Fact]
    public async Task What_is_not_known_is_null_and_who_is_not_ready_says_why()
    {
        using var admin = new AdminUnderTest(
            static () => AdminUnderTest.WithLog(
                AdminUnderTest.Snapshot(),
                static feed => feed with { State = StreamStandingKind.OtherStream, Why = "it is another \u001b stream", Refusal = "no space", RoundTrip = null, Leader = "" },
                new(ClaimState.Lost, "\u001b[2J", null, null)),
            TimeProvider.System);
        using var status = JsonDocument.Parse((await admin.AskAsync("/status")).Body);
        var log = status.RootElement.GetProperty("ordered_log");
        Assert.Equal("no space", Text(log, "refusal"));
        Assert.Equal(("other_stream", true, "it is another \u001b stream"), (Text(log, "state"), log.GetProperty("stands_still").GetBoolean(), Text(log, "why")));
        Assert.Equal(JsonValueKind.Null, log.GetProperty("round_trip_seconds").ValueKind);
        Assert.Equal("it is another \u001b stream", status.RootElement.GetProperty("not_ready")[0].GetString());
        var place = status.RootElement.GetProperty("servers")[0].GetProperty("place");
        Assert.Equal(("lost", "\u001b[2J"), (Text(place, "claim"), Text(place, "who")));
        Assert.Equal(JsonValueKind.Null, place.GetProperty("number").ValueKind);
        Assert.Equal(503, (await admin.AskAsync("/readyz")).Status);
    }

    [Fact]
    public async Task Without_one_it_is_null()
    {
        using var admin = new AdminUnderTest();
        using var status = JsonDocument.Parse((await admin.AskAsync("/status")).Body);
        Assert.Equal(JsonValueKind.Null, status.RootElement.GetProperty("ordered_log").ValueKind);
        Assert.Equal(JsonValueKind.Null, status.RootElement.GetProperty("servers")[0].GetProperty("place").ValueKind);
        Assert.Equal(JsonValueKind.Null, status.RootElement.GetProperty("servers")[0].GetProperty("watermark").ValueKind);
    }

    private static string? Text(JsonElement from, string name) => from.GetProperty(name).GetString();

    private static double Number(JsonElement from, string name) => from.GetProperty(name).GetDouble();
}
