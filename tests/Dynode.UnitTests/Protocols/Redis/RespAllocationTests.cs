using System.Buffers;
using Dynode.Protocols;
using Dynode.Protocols.Redis;
using Dynode.TestKit;

namespace Dynode.UnitTests.Protocols.Redis;

/// <summary>What is done for every request and every reply allocates nothing.</summary>
public sealed class RespAllocationTests
{
    private const int Million = 1_000_000;

    private static readonly byte[] Set = "*3\r\n$3\r\nSET\r\n$5\r\nkey:1\r\n$10\r\n0123456789\r\n"u8.ToArray();
    private static readonly byte[] Reply = "*3\r\n$5\r\nhello\r\n:12\r\n*2\r\n+OK\r\n$-1\r\n"u8.ToArray();

    private static readonly byte[] Map = "%2\r\n$1\r\na\r\n,1.5\r\n$1\r\nb\r\n_\r\n"u8.ToArray();
    private static readonly byte[] Nested = "|1\r\n+a\r\n:1\r\n*2\r\n~2\r\n:1\r\n:2\r\n|0\r\n+OK\r\n"u8.ToArray();

    private static readonly byte[][] Replies = [Reply, Map, Nested];

    [Fact]
    public void A_million_requests_allocate_nothing() => AllocatesNothing(() =>
    {
        var framer = default(RespRequestFramer);
        for (int i = 0; i < Million; i++)
        {
            // Whole, and cut within a number.
            if (i % 2 == 0) framer.Advance(Set.AsSpan(0, 6), 1 << 20, out _);
            if (framer.Advance(Set.AsSpan(i % 2 == 0 ? 6 : 0), 1 << 20, out _) != FrameStatus.Complete) throw new InvalidOperationException();
            framer.Next();
        }
    });

    [Fact]
    public void A_million_replies_allocate_nothing() => AllocatesNothing(ReadReplies(new RespReplyReader()));

    [Fact]
    public void A_million_hashes_and_kinds_allocate_nothing() => AllocatesNothing(() =>
    {
        for (int i = 0; i < Million; i++)
        {
            RespReplyHash.Hash(Replies[i % 3], ReplyClass.Unordered);
            RespReplyKind.Classify(Replies[i % 3]);
        }
    });

    [Fact]
    public void Encoding_a_line_allocates_nothing()
    {
        var output = new ArrayBufferWriter<byte>(256);
        AllocatesNothing(() =>
        {
            for (int i = 0; i < 100_000; i++)
            {
                output.ResetWrittenCount();
                RespInline.TrySplit("set k \"v w\"\r\n"u8, output, out _);
            }
        });
    }

    private static Action ReadReplies(RespReplyReader reader) => () =>
    {
        for (int i = 0; i < Million; i++)
        {
            if (i % 2 == 0) reader.Advance(Reply.AsSpan(0, 6), out _);
            if (reader.Advance(Reply.AsSpan(i % 2 == 0 ? 6 : 0), out _) != FrameStatus.Complete) throw new InvalidOperationException();
        }
    };

    private static void AllocatesNothing(Action work) => Assert.Equal(0, Allocations.Least(work, times: 1));
}
