using Dynode.Broadcast;
using Dynode.Broadcast.Backends;
using Dynode.Native.Hosting;
using Microsoft.Extensions.Logging;

namespace Dynode.UnitTests.Native.Hosting;

public sealed class StopReportTests
{
    private static readonly BackendSnapshot Counted = new()
    {
        Address = Address("10.0.0.1:6379"),
        Connects = 2,
        SentBytes = 300,
        RepliedBytes = 40,
        Repeats = 5,
        RepeatedBytes = 60,
        UnacknowledgedBytes = 7,
        Divergences = 8,
        Withdrawals = 9,
        Ejections = 10,
        Drops = [new DropCount(DropReason.Backlog, 1, 10), new DropCount(DropReason.Shutdown, 3, 30)],
    };

    private static readonly BroadcastSnapshot Sum = new()
    {
        Accepted = 11,
        Door = new(Full: 7, Denied: 3, Crowded: 2),
        Malformed = 13,
        Parts = 18,
        PartBytes = 19,
        Requests = 14,
        ReceivedBytes = 15,
        RelayedBytes = 16,
    };

    [Fact]
    public void Raw_counts_bursts_and_knows_neither_requests_nor_standing() =>
        Assert.Equal(
            [
                "2007 server 10.0.0.1:6379: 2 connections, 300 bytes sent, 40 bytes of replies, dropped 4 bursts (40 bytes), 60 bytes repeated, 7 bytes not acknowledged by TCP",
                "2001 stopped after 1.5 s: 11 clients accepted, 12 refused, 15 bytes received, 16 bytes of replies relayed",
            ],
            Lines(isFramed: false, Sum with { Backends = [Counted] }, Sum with { Backends = [Counted] }));

    [Fact]
    public void Framed_counts_requests_and_says_how_each_server_stood_when_the_end_began()
    {
        // The drain has taken it out of the log: what it lacked is among the dropped.
        var before = Counted with { Standing = Standing(gap: null, -1, lag: 17) };
        var after = Counted with { Standing = Standing(gap: null, -1, lag: 0) };
        Assert.Equal(
            [
                "2007 server 10.0.0.1:6379: 2 connections, 300 bytes sent, 40 bytes of replies, dropped 4 requests (40 bytes), repeated 5 requests (60 bytes), "
                + "7 bytes not acknowledged by TCP, 8 divergences, 9 withdrawals, 10 ejections; 17 requests (170 bytes) behind when the end began; gap: none",
                "2001 stopped after 1.5 s: 11 clients accepted, 12 refused, 13 closed for a malformed request, 18 left in the midst of one (19 bytes); 14 requests in the log, 15 bytes received, 16 bytes of replies relayed",
            ],
            Lines(isFramed: true, Sum with { Backends = [before] }, Sum with { Backends = [after] }));
    }

    [Fact]
    public void A_gap_has_its_cause_and_the_first_request_that_is_missing()
    {
        var server = Counted with { Standing = Standing("Ejected", 18, lag: 0) };
        Assert.EndsWith("gap: from request 18 on, reason Ejected", Lines(isFramed: true, Sum with { Backends = [server] }, Sum with { Backends = [server] })[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_server_that_was_added_behind_the_signal_was_nothing_behind() =>
        Assert.Contains(" 0 requests (0 bytes) behind", Lines(isFramed: true, Sum, Sum with { Backends = [Counted] })[0], StringComparison.Ordinal);

    private static FramedStanding Standing(string? gap, long first, long lag) => new(true, true, false, gap, first, lag, lag * 10, lag);

    private static BackendAddress Address(string text) => BackendAddress.TryParse(text, out var address, out string? fault) ? address : throw new ArgumentException(fault);

    private static List<string> Lines(bool isFramed, BroadcastSnapshot atSignal, BroadcastSnapshot atEnd)
    {
        var lines = new Kept();
        StopReport.Write(lines, isFramed, atSignal, atEnd, 1.5);
        return lines.Lines;
    }

    private sealed class Kept : ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add($"{eventId.Id} {formatter(state, exception)}");
    }
}
