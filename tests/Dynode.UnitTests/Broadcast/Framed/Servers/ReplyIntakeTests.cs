using System.Text;
using Dynode.Broadcast.Framed.Servers;
using Dynode.Log;
using Dynode.Protocols;
using Dynode.Protocols.Line;
using Dynode.Protocols.Redis;
using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Framed.Servers;

/// <summary>A stream of replies, read at any cut, comes out as the replies that went in: whole where they fit into the page, else in parts.</summary>
public sealed class ReplyIntakeTests
{
    [Theory]
    [InlineData("redis", false)]
    [InlineData("redis", true)]
    [InlineData("line", false)]
    [InlineData("line", true)]
    public void Replies_read_at_random_cuts_come_out_as_they_were(string protocol, bool memoryIsSpent) => Seed.Run(random =>
    {
        int parted = 0;
        int refused = 0;
        int replies = 0;
        int skipped = 0;
        for (int i = 0; i < 80; i++)
        {
            byte[][] sent = [.. Enumerable.Range(0, random.Next(1, 60)).Select(_ => Reply(protocol, Length(random), random))];
            for (int same = 1; same < sent.Length; same++)
                sent[same] = random.Next(3) == 0 ? sent[same - 1] : sent[same];
            byte[] stream = [.. sent.SelectMany(reply => reply)];
            var pool = new PagePool((4 << 20) + (40 * PagePool.SmallPageBytes));
            var spent = new SpentMemory(pool, MemoryShare.Replies);
            var intake = new ReplyIntake(pool, protocol == "line" ? new LineProtocol().NewReplyReader() : new RedisProtocol().NewReplyReader());
            bool isSmall = memoryIsSpent && random.Next(2) == 0;
            if (memoryIsSpent)
            {
                spent.Spend(leavesSmall: isSmall);
                Assert.Equal(isSmall, intake.TryTakeRoom(out _));
                refused++;
                spent.GiveBack();
            }

            int next = 0;
            var open = new List<byte>();
            int cutMax = random.Next(4) switch { 0 => 40, 1 => 700, _ => 100_000 };
            for (int at = 0; at < stream.Length;)
            {
                Assert.True(intake.TryTakeRoom(out var room));
                Assert.False(room.IsEmpty);
                int count = Math.Min(Math.Min(room.Length, stream.Length - at), random.Next(1, cutMax));
                stream.AsSpan(at, count).CopyTo(room.Span);
                intake.Received(count);
                at += count;

                // The same once more is taken without being looked at, wherever it was cut.
                void TakeAlike()
                {
                    int max = random.Next(1, 10);
                    int alike = next == 0 ? 0 : intake.CountNext(sent[next - 1], max);
                    Assert.InRange(alike, 0, max);
                    if (alike == 0)
                        return;
                    intake.Skip(alike * sent[next - 1].Length);
                    (replies, skipped) = (replies + alike, skipped + alike);
                    for (; alike > 0; alike--, next++)
                        Assert.Equal(sent[next], sent[next - 1]);
                }

                TakeAlike();
                FrameStatus status;
                while ((status = intake.TryTake(out var part)) == FrameStatus.Complete)
                {
                    Assert.Equal(open.Count == 0, part.IsFirst);
                    Assert.False(part.Bytes.IsEmpty);
                    open.AddRange(part.Bytes);
                    if (!part.IsLast)
                        continue;
                    if (!part.IsFirst)
                        parted++;

                    // What fits into a large page is one piece, however it was cut.
                    if (!memoryIsSpent)
                        Assert.Equal(sent[next].Length > PagePool.LargePageBytes, !part.IsFirst);
                    Assert.Equal(sent[next++], open.ToArray());
                    open.Clear();
                    replies++;
                    if (random.Next(2) == 0)
                        TakeAlike();
                }

                Assert.Equal(FrameStatus.NeedMore, status);
            }

            Assert.Equal(sent.Length, next);
            Assert.False(intake.HasBytes);
            intake.Release();
            Assert.Equal(0, pool.Snapshot().OutstandingBytes);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{protocol}: {replies} replies, {parted} in parts, {refused} with memory spent, {skipped} not looked at");
        Assert.True(parted > 0);
        Assert.True(skipped > 0);
    });

    /// <summary>All that comes stays where it can be looked at, for as long as the share has room; then it comes out as it went in.</summary>
    [Fact]
    public void What_must_stay_grows_to_the_end_of_its_share_and_comes_out_as_it_was() => Seed.Run(random =>
    {
        var pool = new PagePool(8 << 20);
        var intake = new ReplyIntake(pool, new LineProtocol().NewReplyReader());
        var sent = new List<byte[]>();
        int held = 0;
        while (intake.TryKeepAll())
        {
            Assert.True(intake.TryTakeRoom(out var room));
            byte[] reply = Reply("line", random.Next(2, 40_000), random);
            int count = Math.Min(room.Length, reply.Length);
            reply.AsSpan(0, count).CopyTo(room.Span);
            intake.Received(count);
            sent.Add(reply[..count]);
            Assert.Equal(held += count, intake.Held.Length);
        }

        // The next size would have been had beside this one, while that is copied.
        Assert.InRange(held, pool.ShareBytesMax(MemoryShare.Replies) / 4, pool.ShareBytesMax(MemoryShare.Replies));
        Assert.Equal(held, pool.Snapshot().ReplyBytes);
        Assert.True(intake.Held.SequenceEqual(sent.SelectMany(bytes => bytes).ToArray()));
        var taken = new List<byte>();
        while (intake.TryTake(out var part) == FrameStatus.Complete)
            taken.AddRange(part.Bytes);
        Assert.Equal(sent.SelectMany(bytes => bytes), [.. taken, .. intake.Held]);
        intake.Forget();

        // One page is enough again.
        Assert.True(intake.TryTakeRoom(out _));
        Assert.Equal(PagePool.LargePageBytes, pool.Snapshot().ReplyBytes);
        intake.Release();
        Assert.Equal(0, pool.Snapshot().OutstandingBytes);
    });

    private static int Length(Random random) => random.Next(12) switch
    {
        0 => PagePool.LargePageBytes - random.Next(3),
        1 => PagePool.LargePageBytes + random.Next(1, 3),
        2 => random.Next(20, 300_000),
        3 => random.Next(20, 5_000),
        _ => random.Next(20, 120),
    };

    private static byte[] Reply(string protocol, int length, Random random)
    {
        if (protocol == "line")
            return [.. Enumerable.Range(0, length - 1).Select(i => (byte)('a' + ((i + length) % 23))), (byte)'\n'];
        for (int value = Math.Max(0, length - 20); ; value++)
        {
            string head = $"${value}\r\n";
            if (head.Length + value + 2 >= length)
                return [.. Encoding.ASCII.GetBytes(head), .. random.Bytes(value), .. "\r\n"u8];
        }
    }
}
