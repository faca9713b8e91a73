using System.Diagnostics;
using System.Text;
using Dynode.Native.Hosting.Logging;
using Dynode.TestKit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Native.Logging;

public sealed partial class StderrLogSinkTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly Pipe _output = new();
    private readonly StderrLogSink _sink;

    public StderrLogSinkTests() =>
        _sink = new StderrLogSink(LogFormat.Text, LogLevel.Information, new FakeTimeProvider(new(2026, 1, 31, 12, 0, 0, 123, TimeSpan.Zero)), _output);

    public void Dispose()
    {
        _output.IsOpen.Set();
        _sink.Dispose();
        _output.Dispose();
    }

    [Fact]
    public void What_was_logged_is_written_before_the_sink_ends()
    {
        Connected(_sink, "10.0.0.1:5", 7);
        _sink.Dispose();
        Assert.Equal("2026-01-31T12:00:00.123Z INFO  2001 client 10.0.0.1:5 connected, session=7\n", _output.Text);
    }

    [Fact]
    public void The_level_can_change_while_it_runs()
    {
        _sink.LogDebug("no");
        _sink.Level = LogLevel.Debug;
        _sink.LogDebug("yes");
        _sink.Level = LogLevel.Error;
        _sink.LogWarning("no");
        Assert.False(_sink.IsEnabled(LogLevel.None));
        _sink.Dispose();
        Assert.Equal("2026-01-31T12:00:00.123Z DEBUG 0 yes\n", _output.Text);
    }

    [Fact]
    public void The_access_log_has_a_key_of_its_own_and_no_level_keeps_it_back()
    {
        _sink.Level = LogLevel.Error;
        _sink.Log(LogLevel.Information, new EventId(1600), "no", null, static (text, _) => text);
        _sink.Log(LogLevel.Information, new EventId(1601), "first", null, static (text, _) => text);
        _sink.Log(LogLevel.Information, new EventId(1699), "last", null, static (text, _) => text);
        _sink.Log(LogLevel.Information, new EventId(1700), "no", null, static (text, _) => text);
        _sink.Dispose();
        Assert.Equal("2026-01-31T12:00:00.123Z INFO  1601 first\n2026-01-31T12:00:00.123Z INFO  1699 last\n", _output.Text);
    }

    [Fact]
    public void Where_standard_error_blocks_nobody_waits_and_what_was_dropped_is_counted_and_said()
    {
        _output.IsOpen.Reset();
        Connected(_sink, "first", 0);
        Assert.True(_output.IsEntered.Wait(Patience));
        string name = new('x', 1000);
        const int Lines = 1000;
        for (int i = 0; i < Lines; i++)
            Connected(_sink, name, i);
        long dropped = _sink.Dropped;
        Assert.InRange(dropped, Lines - (LineQueue.QueueBytesMax / 1000), Lines - 1);

        _output.IsOpen.Set();
        _sink.Dispose();
        string[] lines = _output.Text.TrimEnd('\n').Split('\n');
        Assert.Equal($"2026-01-31T12:00:00.123Z WARN  2901 {dropped} lines of this log were dropped: standard error did not take them", Assert.Single(lines, line => line.Contains("2901", StringComparison.Ordinal)));
        Assert.Equal(1 + Lines - dropped + 1, lines.Length);
        Assert.All(lines.Where(line => line.Contains("2001", StringComparison.Ordinal)), line => Assert.Matches("session=[0-9]+$", line));
    }

    [Fact]
    public void An_end_that_cannot_write_is_bounded()
    {
        _output.IsOpen.Reset();
        Connected(_sink, "first", 0);
        long begun = Stopwatch.GetTimestamp();
        _sink.Dispose();
        Assert.InRange(Stopwatch.GetElapsedTime(begun), TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Connected(_sink, "too late", 0);
        Assert.Equal(1, _sink.Dropped);
    }

    [Fact]
    public void A_standard_error_that_is_gone_ends_nothing()
    {
        _output.IsBroken = true;
        Connected(_sink, "a", 1);
        Assert.True(SpinWait.SpinUntil(() => _sink.Dropped == 1, Patience));
        _output.IsBroken = false;
        Connected(_sink, "b", 2);
        _sink.Dispose();
        Assert.Contains("client b connected", _output.Text, StringComparison.Ordinal);
        Assert.Contains("2901 1 lines", _output.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_that_cannot_be_shown_costs_its_line_only()
    {
        _sink.Log(LogLevel.Error, 1, "x", null, (_, _) => throw new InvalidOperationException());
        Connected(_sink, "b", 2);
        Assert.Equal(1, _sink.Dropped);
        _sink.Dispose();
        Assert.Contains("client b connected", _output.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Many_threads_log_whole_lines_and_each_exactly_once()
    {
        Parallel.For(0, 8, thread =>
        {
            for (int i = 0; i < 200; i++)
                Connected(_sink, $"c{thread}", i);
        });
        _sink.Dispose();
        string[] lines = _output.Text.TrimEnd('\n').Split('\n');
        Assert.Equal(1600, lines.Distinct().Count());
        Assert.Equal(1600, lines.Length);
    }

    [Fact]
    public void An_event_that_is_not_logged_allocates_nothing()
    {
        int i = 0;
        Assert.Equal(0, Allocations.Least(() => NotLogged(_sink, i++)));
    }

    [Fact]
    public void A_logged_event_allocates_its_sentence_and_values_and_no_buffer()
    {
        for (int i = 0; i < 50; i++)
            Connected(_sink, "client", i);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 50; i++)
            Connected(_sink, "client", i);
        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 50, 0, 600);
    }

    [LoggerMessage(2001, LogLevel.Information, "client {Client} connected, session={Session}")]
    private static partial void Connected(ILogger logger, string client, int session);

    [LoggerMessage(2002, LogLevel.Debug, "not logged {Count}")]
    private static partial void NotLogged(ILogger logger, int count);

    /// <summary>A standard error whose other end the test holds.</summary>
    private sealed class Pipe : MemoryStream
    {
        public ManualResetEventSlim IsOpen { get; } = new(true);

        public ManualResetEventSlim IsEntered { get; } = new();

        public volatile bool IsBroken;

        public string Text => Encoding.UTF8.GetString(ToArray());

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            IsEntered.Set();
            IsOpen.Wait(Patience);
            if (IsBroken)
                throw new IOException("Broken pipe");
            base.Write(buffer);
        }
    }
}
