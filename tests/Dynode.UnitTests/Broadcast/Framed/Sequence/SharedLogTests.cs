using System.Text;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Log;
using Dynode.Protocols;
using Dynode.Protocols.Redis;
using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Framed.Sequence;

public sealed class SharedLogTests
{
    private static readonly RequestVerdict Plain = new();

    private readonly SharedLog _log = new(new PagePool(4 << 20), new RedisProtocol());
    private readonly LogCursor _cursor;

    public SharedLogTests() => _cursor = _log.Log.Join(awaitBoundary: false);

    [Fact]
    public void What_is_in_force_is_two_things_and_a_page_notes_both()
    {
        Assert.Equal(0, InForce.First.Bits);
        foreach (int database in (int[])[InForce.Unknown, 0, 1, 15, RedisRequestReader.DatabasesMax - 1])
        {
            foreach (byte protocol in (byte[])[RequestVerdict.FirstProtocol, RequestVerdict.LastProtocol])
            {
                var inForce = new InForce(database, protocol);
                Assert.Equal(inForce, InForce.Of(inForce.Bits));
                Assert.Equal(inForce with { Database = 7 }, inForce.After(RequestTag.Of(RequestKind.Select, 7)));
                Assert.Equal(inForce with { Database = InForce.Unknown }, inForce.After(RequestTag.Of(RequestKind.ClientSelect, 7)));
                Assert.Equal(inForce with { Protocol = 3 }, inForce.After(RequestTag.Of(RequestKind.Protocol, 3)));
                Assert.Equal(inForce, inForce.After(RequestTag.Of(1)));
            }
        }
    }

    [Fact]
    public void Requests_of_ours_stand_only_where_the_next_request_needs_something_else_than_the_one_before()
    {
        Append(Plain, Plain, Plain with { Protocol = 3 }, Plain with { Protocol = 3 }, Plain with { Protocol = 3, Database = 4 }, Plain with { Database = 5 }, Plain with { Database = 5 });
        Assert.Equal(["a", "a", "HELLO 3", "a", "a", "SELECT 4", "a", "SELECT 5", "HELLO 2", "a", "a"], Requests());
        Assert.Equal(new InForce(5, 2), _log.InForce);
    }

    [Fact]
    public void Where_the_database_is_unknown_the_protocol_is_not()
    {
        Append(Plain with { Protocol = 3 }, Plain with { Protocol = 3, Selects = 6 });
        Assert.Equal(new InForce(InForce.Unknown, 3), _log.InForce);
        Append(Plain with { Protocol = 3, Database = 6 }, Plain with { Database = 6, Selects = 1 }, Plain with { Database = 1 });
        Assert.Equal(["HELLO 3", "a", "a", "SELECT 6", "a", "a", "SELECT 1", "HELLO 2", "a"], Requests());
    }

    [Fact]
    public void In_front_of_what_nobody_sees_a_reply_to_the_protocol_stays_as_it_is()
    {
        Append(Plain);
        Assert.True(_log.TryAppend(Plain with { Protocol = 3 }, isSeen: false, isLocal: false, "a"u8, default, null));
        Assert.True(_log.TryAppend(Plain with { Protocol = 3, Database = 2 }, isSeen: false, isLocal: false, "a"u8, default, null));
        Assert.Equal(["a", "a", "SELECT 2", "a"], Requests());
    }

    [Fact]
    public void From_any_place_in_the_log_a_connection_can_go_on_as_if_it_had_sent_all_before_it() => Seed.Run(random =>
    {
        for (int round = 0; round < 30; round++)
        {
            var log = new SharedLog(new PagePool(8 << 20), new RedisProtocol());
            var cursor = log.Log.Join(awaitBoundary: false);
            for (int i = 0; i < 400; i++)
            {
                int database = random.Next(3);
                byte protocol = (byte)(2 + random.Next(2));
                int selects = random.Next(6) == 0 ? random.Next(3) : -1;
                byte[] request = [.. "a"u8, .. new byte[random.Next(10) == 0 ? random.Next(20_000) : 3]];
                Assert.True(log.TryAppend(Plain with { Database = database, Protocol = protocol, Selects = selects }, random.Next(3) > 0, random.Next(2) == 0, request, default, null));
            }

            // Whoever begins here must have what all before it made so; a database that is selected here need not be, a protocol may be had already.
            var before = InForce.First;
            while (cursor.Position < log.Log.Tail)
            {
                var ahead = before;
                var scan = LogScan.At(log.Log, cursor);
                while (scan.TryPeek(log.Log, cursor, out var next) && new RequestTag(next.Tag) is { IsOwn: true } own)
                {
                    ahead = own.Kind == RequestKind.Select ? ahead with { Database = InForce.Unknown } : ahead.After(own);
                    scan.Pass(next);
                }

                Assert.Equal(ahead, log.InForceAt(cursor));
                Assert.True(LogScan.At(log.Log, cursor).TryPeek(log.Log, cursor, out var entry));
                before = before.After(new RequestTag(entry.Tag));
                log.Log.Advance(cursor, entry.Length);
            }

            Assert.Equal(log.InForce, log.InForceAt(cursor));
            Assert.Equal(before, log.InForce);
        }
    });

    private void Append(params RequestVerdict[] verdicts)
    {
        foreach (var verdict in verdicts) Assert.True(_log.TryAppend(verdict, isSeen: true, isLocal: false, "a"u8, default, null));
    }

    /// <summary>All that the log holds; ours by their words.</summary>
    private List<string> Requests()
    {
        List<string> requests = [];
        var scan = LogScan.At(_log.Log, _cursor);
        while (scan.TryPeek(_log.Log, _cursor, out var entry))
        {
            Assert.True(scan.TryRead(_log.Log, _cursor, out var bytes, out _));
            string[] lines = Encoding.ASCII.GetString(bytes.Span[..(int)entry.Length]).Split("\r\n");
            requests.Add(lines.Length == 1 ? lines[0] : $"{lines[2]} {lines[4]}");
            scan.Pass(entry);
        }

        return requests;
    }
}
