using Dynode.Protocols;
using Dynode.Protocols.Redis;

namespace Dynode.UnitTests.Protocols.Redis;

/// <summary>Drives a <see cref="RespReplyFramer"/> as a server's connection does, and holds it to what it promises at each step.</summary>
internal static class FramedReplies
{
    /// <summary>Reads the pieces; says where in the stream a fault was seen, else -1.</summary>
    public static Trace Read(IEnumerable<ReadOnlyMemory<byte>> pieces, out long faultAt)
    {
        List<string> frames = [];
        var reader = default(RespReplyFramer);
        long position = 0;
        long start = 0;
        faultAt = -1;
        foreach (var piece in pieces)
        {
            var fresh = piece.Span;
            do
            {
                var status = reader.Advance(fresh, out int consumed);
                Assert.InRange(consumed, 0, fresh.Length);
                position += consumed;
                fresh = fresh[consumed..];
                if (status == FrameStatus.Malformed)
                {
                    faultAt = position;
                    Assert.Equal(FrameStatus.Malformed, reader.Advance(fresh, out consumed));
                    Assert.Equal(0, consumed);
                    return new Trace(frames, nameof(FrameStatus.Malformed));
                }

                if (status == FrameStatus.NeedMore)
                {
                    Assert.True(fresh.IsEmpty, "all is taken while more is needed");
                    continue;
                }

                Assert.True(consumed > 0, "a reply ends with a byte of its own");
                frames.Add($"{position - start}");
                start = position;
            }
            while (!fresh.IsEmpty);
        }

        return new Trace(frames, nameof(FrameStatus.NeedMore));
    }

    /// <summary>However it is cut, it is read as the oracle reads it, and a fault is seen at the same byte.</summary>
    public static void AgreeWithOracle(byte[] bytes, IEnumerable<IEnumerable<ReadOnlyMemory<byte>>> cuts)
    {
        var expected = ReplyOracle.Read(bytes);
        var whole = Read([bytes], out long faultAt);
        Assert.True(expected == whole, $"{Trace.Shown(bytes)}\nis\n{expected}\nnot\n{whole}");
        foreach (var cut in cuts)
        {
            var actual = Read(cut, out long cutFaultAt);
            Assert.True(expected == actual, $"{Trace.Shown(bytes)}\ncut at {string.Join(' ', cut.Select(piece => piece.Length))} is\n{expected}\nnot\n{actual}");
            Assert.Equal(faultAt, cutFaultAt);
        }
    }
}
