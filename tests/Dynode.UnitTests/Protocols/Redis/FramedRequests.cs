using System.Text;
using Dynode.Protocols;
using Dynode.Protocols.Redis;

namespace Dynode.UnitTests.Protocols.Redis;

/// <summary>Drives a <see cref="RespRequestFramer"/> as a client's reader does, and holds it to what it promises at each step.</summary>
internal static class FramedRequests
{
    /// <summary>Reads the pieces; says where in the stream a fault was seen, else -1.</summary>
    public static Trace Read(IEnumerable<ReadOnlyMemory<byte>> pieces, out long faultAt, long requestBytesMax = long.MaxValue)
    {
        List<string> frames = [];
        var framer = default(RespRequestFramer);
        long position = 0;
        long start = 0;
        long declared = 0;
        foreach (var piece in pieces)
        {
            var fresh = piece.Span;
            do
            {
                var status = framer.Advance(fresh, requestBytesMax, out int consumed);
                Assert.InRange(consumed, 0, fresh.Length);
                position += consumed;
                fresh = fresh[consumed..];
                Assert.Equal(position - start, framer.Length);
                Assert.True(framer.DeclaredLength >= Math.Max(declared, framer.Length), "what was declared cannot become less");
                declared = framer.DeclaredLength;
                if (status == FrameStatus.Malformed)
                {
                    faultAt = position;
                    Assert.Equal(FrameStatus.Malformed, framer.Advance(fresh, requestBytesMax, out consumed));
                    Assert.Equal(0, consumed);
                    return new Trace(frames, Encoding.Latin1.GetString(RespRequestFramer.Text(framer.Fault)));
                }

                Assert.Equal(RespFault.None, framer.Fault);
                if (status == FrameStatus.NeedMore)
                {
                    Assert.True(fresh.IsEmpty, "all is taken while more is needed");
                    continue;
                }

                Assert.True(consumed > 0, "a request ends with a byte of its own");
                Assert.Equal(framer.Length, framer.DeclaredLength);
                frames.Add(RequestOracle.Frame(framer.Length, framer.IsInline, framer.ArgumentCount, [framer.Argument(0), framer.Argument(1), framer.Argument(2)]));
                framer.Next();
                start = position;
                declared = 0;
            }
            while (!fresh.IsEmpty);
        }

        faultAt = -1;
        return new Trace(frames, nameof(FrameStatus.NeedMore));
    }

    /// <summary>However it is cut, it is read as the oracle reads it, and a fault is seen at the same byte.</summary>
    public static void AgreeWithOracle(byte[] bytes, IEnumerable<IEnumerable<ReadOnlyMemory<byte>>> cuts, long requestBytesMax = long.MaxValue)
    {
        var expected = RequestOracle.Read(bytes, requestBytesMax);
        Assert.True(expected == Read([bytes], out long faultAt, requestBytesMax), $"{Trace.Shown(bytes)}\nis\n{expected}\nnot\n{Read([bytes], out _, requestBytesMax)}");
        foreach (var cut in cuts)
        {
            var actual = Read(cut, out long cutFaultAt, requestBytesMax);
            Assert.True(expected == actual, $"{Trace.Shown(bytes)}\ncut at {string.Join(' ', cut.Select(piece => piece.Length))} is\n{expected}\nnot\n{actual}");
            Assert.Equal(faultAt, cutFaultAt);
        }
    }
}
