using Dynode.LoadTest.Records;
using Dynode.LoadTest.Servers;
using Dynode.LoadTest.UnderTest;
using Dynode.TestKit;

namespace Dynode.LoadTest.Stages;

/// <summary>
/// Holds what a server has received against what was sent, and against what the broadcaster says of it in its last lines. In bytes, L
/// being all that was sent, R all that the server read from its kernel:
/// <code>
///   of each byte:       L = sent − sent again + dropped                    what the broadcaster says
///   of each connection: sent = R + what the kernel of a killed server held
///   so what is missing: L − whole = dropped + held − sent again + (R − whole)
/// </code>
/// where R − whole is what came torn or twice. Exact in raw; the framed protocols acknowledge by replies, and what a reply was not
/// read of is dropped or sent again though the server has it.
/// </summary>
internal sealed class ServerCheck(Stage stage, LoadSettings settings)
{
    /// <returns>What was found right, in a sentence.</returns>
    public string Check(RecordingServer server, Fate fate)
    {
        ServerCounts? counts = CountsOf(server, fate);
        RecordCounts received = server.Record.Counts;
        if (fate != Fate.Removed) Expect.Equal(stage.Roster.Requests, received.Reached, $"{server}: requests received or counted as missed");

        // In raw a client may have come just before its server died, and what it said first may have gone with the kernel.
        bool mayLackFirst = fate == Fate.Added || (settings.IsRaw && fate is Fate.Killed or Fate.Stalled);
        if (!mayLackFirst) Expect.Equal(0, received.Before.Requests, $"{server}: requests sent before its first");
        if (counts is not null)
        {
            Expect.Equal(0, counts.Divergences, $"{server}: divergences");
            if (fate == Fate.Killed) Expect.AtMost(counts.Sent, server.ReceivedBytes, $"{server}: bytes received");
            else Expect.Equal(counts.Sent, server.ReceivedBytes, $"{server}: bytes received of those that the broadcaster says it has sent");
        }

        string found = fate switch
        {
            Fate.Killed => settings.IsRaw ? KilledInRaw(server, counts!) : KilledFramed(server, counts!),
            Fate.Stalled => settings.IsRaw ? StalledInRaw(server, counts!) : StalledFramed(server, counts!),
            _ => Whole(server, counts),
        };
        string order = settings.IsRaw ? "each client's in its order" : "all in one order";
        return $"{server}: {Expect.Number(received.Requests)} requests, {order}, {found}";
    }

    private ServerCounts? CountsOf(RecordingServer server, Fate fate)
    {
        if (stage.Broadcaster.Find(EventId.ServerCounts, server.Address) is { } line) return ServerCounts.Of(line);

        // Of one that was removed long ago it says nothing any more.
        return fate == Fate.Removed ? null : throw new ExpectationException($"the broadcaster does not say what became of {server}. {stage.Broadcaster.Process.Dump()}");
    }

    private static string Whole(RecordingServer server, ServerCounts? counts)
    {
        RecordCounts received = server.Record.Counts;
        Expect.Equal(0, received.Missed.Requests, $"{server}: requests missed");
        Expect.Equal(0, received.Repeated.Requests, $"{server}: requests received twice");
        Expect.Equal(0, received.Torn.Bytes, $"{server}: bytes of requests that it has not got whole");
        if (counts is null) return "exactly once";
        Expect.Equal(0, counts.Dropped, $"{server}: requests that the broadcaster says it has dropped");
        Expect.Equal(0, counts.RepeatedBytes, $"{server}: bytes that the broadcaster says it has sent again");
        return "exactly once";
    }

    /// <summary>What TCP took and the dead server had not read is gone, and nothing else.</summary>
    private static string KilledInRaw(RecordingServer server, ServerCounts counts)
    {
        Expect.Equal(0, counts.Dropped, $"{server}: requests dropped, though it was back within the backlog");
        Tally missed = Balance(server, counts);
        return $"exactly once, but for {Lost(missed)} that its kernel had taken when it died ({Expect.Number(counts.RepeatedBytes)} bytes of bursts begun again)";
    }

    /// <summary>What was not answered comes again; nothing is missing.</summary>
    private string KilledFramed(RecordingServer server, ServerCounts counts)
    {
        RecordCounts received = server.Record.Counts;
        Expect.Equal(0, counts.Dropped, $"{server}: requests dropped, though it was back within the backlog");
        Expect.Equal(0, received.Missed.Requests, $"{server}: requests missed");
        Expect.AtMost(counts.Repeats, received.Repeated.Requests, $"{server}: requests received twice, of those that the broadcaster says it has sent again");
        Expect.Equal(stage.Roster.Bytes, counts.Sent - counts.RepeatedBytes, $"{server}: bytes sent to it, without those sent again");
        return $"at least once: {Expect.Number(counts.Repeats)} were sent again, and of these it had got {Expect.Number(received.Repeated.Requests)} before";
    }

    private static string StalledInRaw(RecordingServer server, ServerCounts counts)
    {
        Tally missed = Balance(server, counts);
        Expect.Equal(counts.Dropped, missed.Requests, $"{server}: requests missed, of those that the broadcaster says it has dropped");
        return counts.Dropped == 0 ? "exactly once: others were held for it, and it spent no more than its budget" : $"exactly once, but for {Lost(missed)} that the broadcaster has dropped and counted";
    }

    private string StalledFramed(RecordingServer server, ServerCounts counts)
    {
        RecordCounts received = server.Record.Counts;
        Expect.Equal(0, received.Torn.Requests, $"{server}: requests that it has not got whole");
        Expect.AtMost(counts.Dropped, received.Missed.Requests, $"{server}: requests missed, of those that the broadcaster says it has dropped");
        Expect.AtMost(counts.Repeats, received.Repeated.Requests, $"{server}: requests received twice, of those that the broadcaster says it has sent again");
        if (counts.Dropped == 0) return "exactly once: others were held for it, and it spent no more than its budget";
        BroadcasterEvent gap = stage.Broadcaster.Find(EventId.GapBegan, server.Address) ?? throw new ExpectationException($"{server}: {counts.Dropped} requests dropped and no gap");
        if (server.Accepted == 2)
            Expect.Equal(gap.Count("Number") + counts.Dropped, received.BegunAt, $"{server}: the number of the request with which it went on, behind those dropped");
        return $"at least once, but for {Lost(received.Missed)}: the broadcaster has dropped and counted {Expect.Number(counts.Dropped)} that were not answered, from number {Expect.Number(gap.Count("Number"))} on; it has ended {server.Accepted - 1} connections";
    }

    /// <returns>What is missing, to the byte.</returns>
    private static Tally Balance(RecordingServer server, ServerCounts counts)
    {
        RecordCounts received = server.Record.Counts;
        Tally missed = received.Before + received.Missed;
        long held = counts.Sent - server.ReceivedBytes;
        Expect.Equal(counts.DroppedBytes + held - counts.RepeatedBytes + received.Torn.Bytes + received.Repeated.Bytes, missed.Bytes, $"{server}: bytes missed");
        return missed;
    }

    private static string Lost(Tally tally) => $"{Expect.Number(tally.Requests)} requests ({Expect.Number(tally.Bytes)} bytes)";
}
