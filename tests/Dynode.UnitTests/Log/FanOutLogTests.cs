using System.Text;
using Dynode.Log;

namespace Dynode.UnitTests.Log;

/// <summary>Single statements about the log; <see cref="FanOutLogModelTests"/> has the random ones.</summary>
public sealed class FanOutLogTests
{
    private readonly PagePool _pool = new(PagePool.BytesMaxLeast);
    private readonly FanOutLog _log;

    public FanOutLogTests() => _log = new FanOutLog(_pool);

    [Fact]
    public void Appending_costs_no_page_more_for_a_hundred_cursors_than_for_one()
    {
        var cursors = Enumerable.Range(0, 100).Select(_ => _log.Join(awaitBoundary: false)).ToList();
        Append("one", boundary: true);
        Assert.Equal(1, _pool.Snapshot().OutstandingPages);
        foreach (var cursor in cursors)
            Assert.Equal("one", Read(cursor));
        Assert.Equal(0, _log.Backlog);
    }

    [Fact]
    public void A_cursor_that_lost_its_connection_between_requests_goes_on_where_it_stands()
    {
        var cursor = _log.Join(awaitBoundary: false);
        Append("first", boundary: true);
        Read(cursor);
        Append("second", boundary: true);
        Assert.Equal(new LogResume(true, 0, default), _log.Resume(cursor));
        Assert.Equal("second", Read(cursor));
    }

    [Fact]
    public void In_mid_request_it_begins_the_request_again_if_that_lies_on_the_same_page()
    {
        var cursor = _log.Join(awaitBoundary: false);
        Append("first|", boundary: true);
        Append("sec", boundary: true);
        Append("ond|", boundary: false);
        _log.Advance(cursor, "first|seco".Length);
        Assert.Equal(new LogResume(true, "seco".Length, default), _log.Resume(cursor));
        Assert.Equal("second|", Read(cursor));
    }

    [Fact]
    public void In_mid_request_with_the_start_gone_it_goes_on_at_the_next_one()
    {
        var cursor = _log.Join(awaitBoundary: false);
        Fill(PagePool.LargePageBytes, boundary: true);
        while (_log.Tail == cursor.Position + PagePool.LargePageBytes)
            Append("never", boundary: false);
        Append("rest", boundary: false);
        Append("next", boundary: true);
        long behind = _log.Tail - "restnext".Length - cursor.Position;
        _log.Advance(cursor, behind);
        Assert.Equal(new LogResume(true, 0, new LogDrop("rest".Length, 1)), _log.Resume(cursor));
        Assert.Equal("next", Read(cursor));
    }

    [Fact]
    public void With_no_request_ahead_it_waits_for_the_next_and_the_rest_is_counted_once()
    {
        Append("begun before", boundary: true);
        var cursor = _log.Join(awaitBoundary: true);
        Append(" and gone on", boundary: false);
        Assert.Equal(new LogResume(false, 0, new LogDrop(12, 0)), _log.Resume(cursor));
        Append(" and on", boundary: false);
        Assert.Equal(new LogResume(false, 0, new LogDrop(7, 0)), _log.Resume(cursor));
        Append("next", boundary: true);
        Assert.Equal(new LogResume(true, 0, default), _log.Resume(cursor));
        Assert.Equal("next", Read(cursor));
    }

    [Fact]
    public void Dropping_takes_whole_requests_oldest_first()
    {
        var cursor = _log.Join(awaitBoundary: false);
        Append("a", boundary: true);
        Append("bb", boundary: true);
        Append("ccc", boundary: true);
        Assert.Equal(new LogDrop(1, 1), _log.DropOldest(cursor));
        Assert.Equal(new LogDrop(2, 1), _log.DropOldest(cursor));
        Assert.Equal("ccc", Read(cursor));
        Assert.Equal(default, _log.DropOldest(cursor));
    }

    [Fact]
    public void A_page_that_everybody_has_read_is_written_again()
    {
        var cursor = _log.Join(awaitBoundary: false);
        for (int i = 0; i < 10_000; i++)
        {
            Append("some sixty-four bytes of a request, as they come in a ping-pong.", boundary: true);
            Read(cursor);
        }

        Assert.Equal(PagePool.SmallPageBytes, _pool.Snapshot().PeakBytes);
    }

    [Fact]
    public void An_operation_in_flight_keeps_its_bytes_when_everybody_else_has_gone()
    {
        var cursor = _log.Join(awaitBoundary: false);
        Append("precious", boundary: true);
        Assert.True(FanOutLog.TryRead(cursor, out var bytes, out var page));
        page.AddRef();
        _log.Leave(cursor);
        _log.Complete();
        Assert.Equal("precious", Encoding.ASCII.GetString(bytes.Span));
        Assert.Equal(1, _pool.Snapshot().OutstandingPages);
        page.Release();
        Assert.Equal(0, _pool.Snapshot().OutstandingPages);
    }

    [Fact]
    public void A_page_is_closed_by_its_boundary_table_too()
    {
        var cursor = _log.Join(awaitBoundary: false);
        int appended = 0;
        while (_pool.Snapshot().OutstandingPages < 2)
        {
            Append("x", boundary: true);
            appended++;
        }

        // One byte and eight of table each; the page is left when less than half of it is room.
        Assert.InRange(appended, PagePool.SmallPageBytes / 2 / 9, (PagePool.SmallPageBytes / 9) + 1);
        Assert.Equal(appended, Read(cursor).Length);
    }

    [Fact]
    public void A_writer_that_rests_holds_no_large_page()
    {
        var cursor = _log.Join(awaitBoundary: false);
        Fill(100, boundary: true);
        _log.Rest();
        Assert.Equal(1, _pool.Snapshot().OutstandingPages);
        Read(cursor);
        _log.Rest();
        Assert.Equal(0, _pool.Snapshot().OutstandingPages);
        Append("again", boundary: true);
        Assert.Equal("again", Read(cursor));
    }

    [Fact]
    public void Only_a_cursor_of_the_log_can_leave_it()
    {
        var cursor = _log.Join(awaitBoundary: false);
        _log.Leave(cursor);
        Assert.Throws<InvalidOperationException>(() => _log.Leave(cursor));
        Assert.Throws<InvalidOperationException>(() => _log.Commit(1, boundary: true));
    }

    private void Append(string text, bool boundary)
    {
        Assert.True(_log.TryReserve(PageSize.Small, out var room, out _));
        _log.Commit(Encoding.ASCII.GetBytes(text, room.Span), boundary);
    }

    private void Fill(int count, bool boundary)
    {
        while (count > 0)
        {
            Assert.True(_log.TryReserve(PageSize.Large, out var room, out _));
            int some = Math.Min(count, room.Length);
            _log.Commit(some, boundary);
            boundary = false;
            count -= some;
        }
    }

    private string Read(LogCursor cursor)
    {
        var text = new StringBuilder();
        while (FanOutLog.TryRead(cursor, out var bytes, out _))
        {
            text.Append(Encoding.ASCII.GetString(bytes.Span));
            _log.Advance(cursor, bytes.Length);
        }

        return text.ToString();
    }
}
