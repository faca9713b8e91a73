using System.Text;
using Dynode.Protocols;
using Dynode.Protocols.Redis;
using Dynode.TestKit;

namespace Dynode.UnitTests.Protocols.Redis;

public sealed class RespRequestFramerTests
{
    private const string Multibulk = "-ERR Protocol error: invalid multibulk length";
    private const string Bulk = "-ERR Protocol error: invalid bulk length";

    /// <summary>Streams, and what a redis 7.0.15 was seen to make of them: how many requests (also those that it ignores), then what error.</summary>
    public static TheoryData<string, int, string> SeenAtRedis => new()
    {
        { "", 0, "" },
        { "PING\r\n", 1, "" },
        { "PING\n", 1, "" },
        { "PING\r\r\n", 1, "" },
        { "\r\nPING\n", 2, "" },
        { "*1\r\n$4\r\nPING\r\n", 1, "" },
        { "*0\r\nPING\r\n", 2, "" },
        { "*-1\r\nPING\r\n", 2, "" },
        { "*-9223372036854775808\r\nPING\r\n", 2, "" },
        { "*-9223372036854775809\r\nPING\r\n", 0, Multibulk },
        { "*-0\r\nPING\r\n", 0, Multibulk },
        { "*00\r\nPING\r\n", 0, Multibulk },
        { "*01\r\n$4\r\nPING\r\n", 0, Multibulk },
        { "*+1\r\n$4\r\nPING\r\n", 0, Multibulk },
        { "* 1\r\n$4\r\nPING\r\n", 0, Multibulk },
        { "*1 \r\n$4\r\nPING\r\n", 0, Multibulk },
        { "*--1\r\n", 0, Multibulk },
        { "*\r\n", 0, Multibulk },
        { "*-\r\n", 0, Multibulk },
        { "*x\r\n", 0, Multibulk },
        { "*2147483648\r\n", 0, Multibulk },
        { "*18446744073709551617\r\n", 0, Multibulk },
        { "*1\rX$4\rYPINGzz", 1, "" },
        { "*1\r\n$4\r\nPINGzzPING\r\n", 2, "" },
        { "*1\n$4\nPING\n", 0, "" },
        // The bulk is "a\r", "\n\r" is skipped, and the last "\n" is an empty line.
        { "*2\r\n$3\r\nGET\r\n$2\r\na\r\n\r\n", 2, "" },
        { "*2\r\n$4\r\nECHO\r\n$4\r\na\r\nb\r\nPING\r\n", 2, "" },
        { "*1\r\n$-1\r\n", 0, Bulk },
        { "*1\r\n$00\r\n", 0, Bulk },
        { "*1\r\n$\r\n", 0, Bulk },
        { "*1\r\n$+4\r\nPING\r\n", 0, Bulk },
        { "*1\r\n$9223372036854775808\r\n", 0, Bulk },
        { "*1\r\n$0\r\n\r\nPING\r\n", 2, "" },
        { "*1\r\nx\r\n", 0, "-ERR Protocol error: expected '$', got 'x'" },
        { "*1\r\n\xff\r\n", 0, "-ERR Protocol error: expected '$', got '\xff'" },
        { "*1\r\n\r\n\r\n", 0, "-ERR Protocol error: expected '$', got ' '" },
        { "*1\r\n\nx\r\n", 0, "-ERR Protocol error: expected '$', got ' '" },
        { "*1\r\n*1\r\n", 0, "-ERR Protocol error: expected '$', got '*'" },
        { "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$3\r\nv\0w\r\n*1\r\n$4\r\nPI", 1, "" },
    };

    [Theory]
    [MemberData(nameof(SeenAtRedis))]
    public void Every_stream_is_read_as_redis_reads_it(string stream, int requests, string error)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(stream);
        var trace = FramedRequests.Read([bytes], out _);
        Assert.Equal(requests, trace.Frames.Count);
        Assert.Equal(error.Length == 0 ? nameof(FrameStatus.NeedMore) : error, trace.End);
    }

    [Theory]
    [MemberData(nameof(SeenAtRedis))]
    public void Every_stream_is_read_alike_however_it_is_cut(string stream, int requests, string error)
    {
        Assert.True(requests >= 0 && error is not null);
        byte[] bytes = Encoding.Latin1.GetBytes(stream);
        FramedRequests.AgreeWithOracle(bytes, SplitEverywhere.Of(bytes));
    }

    [Fact]
    public void A_line_with_a_zero_byte_never_ends_at_redis_and_is_a_fault_here()
    {
        byte[] bytes = "PING\0\r\nPING\r\n"u8.ToArray();
        var trace = FramedRequests.Read([bytes], out long faultAt);
        Assert.Equal(new Trace([], "-ERR Protocol error: too big inline request"), trace);
        Assert.Equal(5, faultAt);
        FramedRequests.AgreeWithOracle(bytes, SplitEverywhere.Of(bytes));
    }

    [Fact]
    public void Random_pipelines_cut_at_random_are_read_as_the_oracle_reads_them() => Seed.Run(random =>
    {
        for (int i = 0; i < 2_000; i++)
        {
            byte[] bytes = RandomRequests.Pipeline(random);
            Assert.Equal(nameof(FrameStatus.NeedMore), RequestOracle.Read(bytes).End);
            FramedRequests.AgreeWithOracle(bytes, [Pieces.Cut(random, bytes), Pieces.Cut(random, bytes)]);
        }
    });

    [Fact]
    public void Damaged_pipelines_are_read_as_the_oracle_reads_them_however_they_are_cut() => Seed.Run(random =>
    {
        for (int i = 0; i < 10_000; i++)
        {
            byte[] bytes = Pieces.Damage(random, RandomRequests.Pipeline(random));
            long max = random.Next(3) == 0 ? random.Next(1, 400) : 16 << 20;
            FramedRequests.AgreeWithOracle(bytes, [Pieces.Cut(random, bytes), Pieces.Cut(random, bytes)], max);
        }
    });

    [Fact]
    public void Noise_is_read_as_the_oracle_reads_it_however_it_is_cut() => Seed.Run(random =>
    {
        for (int i = 0; i < 5_000; i++)
        {
            byte[] bytes = Pieces.Damage(random, random.Bytes(random.Next(100)));
            FramedRequests.AgreeWithOracle(bytes, [Pieces.Cut(random, bytes)]);
            byte[] array = [(byte)'*', (byte)random.Next('1', '4'), (byte)'\r', (byte)'\n', (byte)'$', .. bytes];
            FramedRequests.AgreeWithOracle(array, [Pieces.Cut(random, array)]);
        }
    });

    [Fact]
    public void What_is_declared_is_known_before_it_comes()
    {
        var framer = default(RespRequestFramer);
        Assert.Equal(0, framer.DeclaredLength);
        Assert.Equal(FrameStatus.NeedMore, framer.Advance("*3\r\n"u8, 1 << 20, out _));
        Assert.Equal((4, 4 + 18, 3), (framer.Length, framer.DeclaredLength, framer.ArgumentCount));
        Assert.Equal(FrameStatus.NeedMore, framer.Advance("$3\r\nSET\r\n$1000\r\n"u8, 1 << 20, out _));
        Assert.Equal((20, 20 + 1002 + 6), (framer.Length, framer.DeclaredLength));
        Assert.Equal(new RespArgument(8, 3), framer.Argument(0));
        Assert.Equal(new RespArgument(20, 1000), framer.Argument(1));
        Assert.Equal(RespArgument.Absent, framer.Argument(2));
        Assert.Equal(FrameStatus.NeedMore, framer.Advance(new byte[1002], 1 << 20, out _));
        Assert.Equal(FrameStatus.Complete, framer.Advance("$0\r\n\r\nPING"u8, 1 << 20, out int consumed));
        Assert.Equal((6, 1028, 1028), (consumed, framer.Length, framer.DeclaredLength));
        Assert.Equal(new RespArgument(1026, 0), framer.Argument(2));
        framer.Next();
        Assert.Equal((0, 0, 0), (framer.Length, framer.DeclaredLength, framer.ArgumentCount));
        Assert.Equal(RespArgument.Absent, framer.Argument(0));
        Assert.Equal(FrameStatus.NeedMore, framer.Advance("PING"u8, 1 << 20, out _));
        Assert.True(framer.IsInline);
    }
}
