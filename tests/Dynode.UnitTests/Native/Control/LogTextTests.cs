using System.Text;
using Dynode.Native.Control;

namespace Dynode.UnitTests.Native.Control;

/// <summary>What the command line says of an ordered log.</summary>
public sealed class LogTextTests
{
    private const string Reads = """
        {"state":"reading","stands_still":false,"why":"","stream":"orders","identity":"00c0ffee00c0ffee","server":"n1:4222","leader":"n2","where":"nats-server 2.10.27 at n1:4222, leader n2, 3 replicas",
         "round_trip_seconds":0.0125,"last":184205,"placed":184203,"lag":2,"waiting":7,"in_flight":3,"in_flight_max":8,"place_p50_seconds":0.0141,"place_p99_seconds":0.05,"parcels":9,"parcel_requests":90,
         "sent_again":4,"not_kept":5,"not_kept_untold":0,"unknown":0,"counted":9,"turned_away":{"doubled":1,"hole":2,"closed":0},"damaged":0,"gaps_pulled":3,"leader_changes":1,"lanes":2}
        """;

    private const string Still = """
        {"state":"went_back","stands_still":true,"why":"the stream ends at 7: it has lost what it had acknowledged","stream":"orders","leader":"","where":"","round_trip_seconds":null,
         "last":9,"placed":9,"lag":0,"waiting":0,"in_flight":0,"in_flight_max":8,"place_p50_seconds":null,"place_p99_seconds":null,"turned_away":{"doubled":0,"hole":0,"closed":0}}
        """;

    [Fact]
    public void One_line_says_how_far_it_has_come_and_what_a_place_takes()
    {
        string line = LogText.Line(Of(Reads))!.Render(hasStyle: false);
        Assert.Equal("stream    reads orders   at 184205   2 without a place   7 wait   3 of 8 in flight   placed p50 14 ms   p99 50 ms   leader n2   round trip 13 ms", line);
        Assert.Contains(line, Lines(TopPage.Lines(new TopSample { Status = Of(Reads) }, new(), TimeSpan.Zero, 200, 24)));
    }

    [Fact]
    public void Why_it_stands_still_is_said_below_it()
    {
        Assert.Equal("stream    stands still: went back   at 9   0 of 8 in flight", LogText.Line(Of(Still))!.Render(hasStyle: false));
        List<string> lines = Lines(Views.Status(Of(Still)));
        Assert.Equal(lines.FindIndex(line => line.StartsWith("stream ", StringComparison.Ordinal)) + 1, lines.IndexOf("          the stream ends at 7: it has lost what it had acknowledged"));
    }

    [Fact]
    public void What_went_wrong_is_counted_and_where_it_was_asked_is_named()
    {
        List<string> lines = Lines(Views.Status(Of(Reads)));
        Assert.Contains("          nats-server 2.10.27 at n1:4222, leader n2, 3 replicas", lines);
        Assert.Contains("          so far: 5 not kept, 4 sent again, 3 turned away, 1 change of leader", lines);
    }

    [Fact]
    public void Who_else_lives_is_counted_and_named()
    {
        string beside = Reads.Replace(
            "\"lanes\":2",
            """ "lanes":2,"others":"others write it all the time","living":[{"who":"fra-2, process 7","proven":true,"servers":2},{"who":"fra\u001b-3","proven":false,"servers":null},{"who":"fra-4","proven":true,"servers":1}]""",
            StringComparison.Ordinal);
        Assert.EndsWith("   round trip 13 ms   3 beside it", LogText.Line(Of(beside))!.Render(hasStyle: false), StringComparison.Ordinal);
        List<string> lines = Lines(Views.Status(Of(beside)));
        Assert.Contains("          others write it all the time", lines);
        Assert.Contains("          beside it: fra-2, process 7, lists 2 servers", lines);
        Assert.Contains(@"          beside it: fra\u001b-3, not seen to live yet", lines);
        Assert.Contains("          beside it: fra-4, lists 1 server", lines);
        Assert.Contains("3 beside it", string.Join('\n', Lines(TopPage.Lines(new TopSample { Status = Of(beside) }, new(), TimeSpan.Zero, 200, 24))), StringComparison.Ordinal);
        string many = Reads.Replace("\"lanes\":2", $"\"lanes\":2,\"living\":[{string.Join(',', Enumerable.Repeat("{\"who\":\"x\",\"proven\":true,\"servers\":1}", 11))}]", StringComparison.Ordinal);
        Assert.Equal((8, 1), (Lines(Views.Status(Of(many))).Count(static line => line.Contains("beside it: x", StringComparison.Ordinal)), Lines(Views.Status(Of(many))).Count(static line => line == "          and 3 more")));
    }

    [Fact]
    public void That_nothing_is_taken_is_said_with_what_helps()
    {
        string refused = Reads.Replace("\"why\":\"\"", "\"why\":\"\",\"refusal\":\"no space (error 10077): make room\"", StringComparison.Ordinal);
        Assert.Contains("          takes nothing that is published: no space (error 10077): make room", Lines(Views.Status(Of(refused))));
    }

    [Fact]
    public void Servers_have_their_places_and_whoever_has_them()
    {
        List<string> lines = Lines(Views.Servers(Of(Reads)));
        Assert.Matches("^SERVER +STATE .* AT +ENTRIES BEHIND +FOR +NOTE$", lines[0]);
        Assert.Matches(@"^10\.0\.0\.1:6379 \* +current .* 184203 +2 ", lines[1]);
        Assert.EndsWith(@"another broadcaster's: fra-2, port 9000, process \u001b[31m7", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Without_one_nothing_speaks_of_it()
    {
        JsonPart status = JsonPart.Parse(Encoding.UTF8.GetBytes(Statuses.Framed));
        Assert.Null(LogText.Line(status));
        Assert.Empty(LogText.More(status));
        Assert.All(Lines(Views.Status(status)), line => Assert.DoesNotContain("stream", line, StringComparison.Ordinal));
        Assert.DoesNotContain("ENTRIES", Lines(Views.Servers(status))[0], StringComparison.Ordinal);
    }

    private static JsonPart Of(string log) => JsonPart.Parse(Encoding.UTF8.GetBytes(Statuses.Ordered(log)));

    private static List<string> Lines(List<StyledLine> lines) => lines.ConvertAll(line => line.Render(hasStyle: false));
}
