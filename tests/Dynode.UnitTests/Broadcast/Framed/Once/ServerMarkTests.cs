using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Once;
using Dynode.Streams;

namespace Dynode.UnitTests.Broadcast.Framed.Once;

/// <summary>What is known of a server over the lives of its connections and of its processes.</summary>
public sealed class ServerMarkTests
{
    private const string Stream = "00000000000000aa";

    [Fact]
    public void Its_word_that_is_gone_at_the_same_process_is_what_was_written()
    {
        var mark = Fenced("run1");
        mark.Met("run1");
        Assert.Equal(new(BeginKind.AtKnown, 0, null), mark.Begin(null, isEmpty: true, out _));
    }

    /// <summary>A connection that learned of the new process, and was lost before it had asked more, is no reason to take it for the old one.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_new_process_is_new_until_a_connection_to_it_has_begun(int connections)
    {
        var mark = Fenced("run1");
        for (int i = 0; i < connections; i++)
            mark.Met("run2");
        Assert.True(mark.IsRestarted);
        Assert.Equal(new(BeginKind.WithGap, 0, DropReason.Added), mark.Begin(null, isEmpty: true, out _));
        mark.Fenced("text"u8.ToArray());
        Assert.False(mark.IsRestarted);
        mark.Met("run2");
        Assert.Equal(new(BeginKind.AtKnown, 0, null), mark.Begin(null, isEmpty: true, out _));
    }

    [Theory]
    [InlineData(null, "run1", false)]
    [InlineData("", "run1", false)]
    [InlineData("run1", "run1", false)]
    [InlineData("run1", "", false)]
    [InlineData("run1", "run2", true)]
    public void What_is_kept_says_whether_it_was_restarted_while_nobody_looked(string? kept, string now, bool isRestarted)
    {
        var mark = new ServerMark(new Places(), "w"u8.ToArray(), kept, keptGap: null);
        mark.Met(now);
        Assert.Equal(isRestarted, mark.IsRestarted);
        Assert.Equal(new(isRestarted ? BeginKind.WithGap : BeginKind.AtKept, 0, isRestarted ? DropReason.Added : null), mark.Begin(null, isEmpty: false, out _));
    }

    private static ServerMark Fenced(string run)
    {
        var mark = new ServerMark(new Places(), "w"u8.ToArray(), keptRun: null, keptGap: null);
        mark.Met(run);
        Assert.Equal(BeginKind.AtKept, mark.Begin(null, isEmpty: true, out Watermark? found).Kind);
        mark.Take(found);
        mark.Fenced("text"u8.ToArray());
        return mark;
    }

    /// <summary>Of a stream in which nothing has been placed.</summary>
    private sealed class Places : IStreamPlaces
    {
        public string Stream => ServerMarkTests.Stream;

        public ulong Last => 1;

        public bool IsApart => false;

        public bool IsWhole => false;

        public long Requests => 0;

        public bool TryPlace(long requests, out ulong number, out long index, out ReadOnlyMemory<byte> table)
        {
            (number, index, table) = (1, 0, default);
            return true;
        }

        public bool IsOther(ReadOnlySpan<byte> table) => false;

        public PlaceSpot Find(ulong number, long index, out long requests)
        {
            requests = 0;
            return PlaceSpot.Within;
        }
    }
}
