using Microsoft.Extensions.Logging;

namespace Dynode.Native.Hosting.Logging;

/// <summary>
/// The one log: a line per event to standard error. Whoever logs renders its line and goes on; a thread of the sink's own
/// writes. Where standard error does not flow, lines are dropped and counted, and the count is a line itself once it
/// flows again; nothing else ever waits for it, and nothing that goes wrong here reaches a caller.
/// Every member may be called from any thread.
/// </summary>
internal sealed class StderrLogSink : ILogger, IDisposable
{
    /// <summary>How long the end waits for standard error to take what is left.</summary>
    private static readonly TimeSpan FlushTimeout = TimeSpan.FromSeconds(1);

    private static readonly EventId LinesDropped = new(2901, nameof(LinesDropped));

    private readonly LogFormat _format;
    private readonly TimeProvider _time;
    private readonly Stream _output;
    private readonly LineQueue _queue = new();
    private volatile LogLevel _level;
    private Thread? _thread;
    private long _reported;

    /// <param name="format">Of every line.</param>
    /// <param name="level">What is below it is not logged.</param>
    /// <param name="time">Stamps the lines.</param>
    /// <param name="output">Where lines go; none: standard error.</param>
    public StderrLogSink(LogFormat format, LogLevel level, TimeProvider time, Stream? output = null)
    {
        _format = format;
        _level = level;
        _time = time;
        _output = output ?? StandardStream.Open(StandardStream.Error);
    }

    /// <summary>May change while others log.</summary>
    public LogLevel Level
    {
        get => _level;
        set => _level = value;
    }

    /// <summary>What of it was a warning or worse.</summary>
    public EventRing Events { get; } = new();

    /// <summary>Lines that were lost since the start, reported or not.</summary>
    public long Dropped => _queue.Dropped;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= _level && logLevel != LogLevel.None;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel) && !LogEvent.IsAccess(eventId))
            return;

        try
        {
            var fields = state as IReadOnlyList<KeyValuePair<string, object?>>;
            var logged = new LogEvent(Now, logLevel, eventId, formatter(state, exception), fields, exception);
            _queue.Add(LineBuffer.Mine.Render(_format, logged));
            Events.Add(logged);
        }
        catch (Exception)
        {
            // A value that cannot be shown costs its line, not the data plane's turn.
            _queue.CountDropped(1);
            return;
        }

        StartWriting();
    }

    /// <summary>Writes what has been logged, for a bounded time; what is logged later is dropped.</summary>
    public void Dispose()
    {
        _queue.Close();
        if (Volatile.Read(ref _thread) is { } thread)
            thread.Join(FlushTimeout);
        else
            Run();
    }

    private DateTime Now => _time.GetUtcNow().UtcDateTime;

    // With the first line and not in the constructor: who only asks for the version pays no thread.
    private void StartWriting()
    {
        if (Volatile.Read(ref _thread) is not null)
            return;
        var thread = new Thread(Run) { Name = "log", IsBackground = true };
        if (Interlocked.CompareExchange(ref _thread, thread, null) is not null)
            return;
        try
        {
            thread.Start();
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            // No thread is to be had now: the next line tries again, and the end writes what has waited.
            Volatile.Write(ref _thread, null);
        }
    }

    private void Run()
    {
        while (_queue.Take(out ReadOnlyMemory<byte> batch, out int lines))
        {
            if (TryWrite(batch.Span))
                ReportDropped();
            else
                _queue.CountDropped(lines);
        }
    }

    // Behind the batch: that is older than what was dropped while it waited.
    private void ReportDropped()
    {
        long dropped = _queue.Dropped;
        if (dropped == _reported)
            return;

        long count = dropped - _reported;
        KeyValuePair<string, object?>[] fields = [new("Count", count), new(LogEvent.TemplateField, "{Count}")];
        string text = $"{count} lines of this log were dropped: standard error did not take them";
        var logged = new LogEvent(Now, LogLevel.Warning, LinesDropped, text, fields, null);
        if (TryWrite(LineBuffer.Mine.Render(_format, logged)))
            _reported = dropped;
    }

    private bool TryWrite(ReadOnlySpan<byte> lines)
    {
        try
        {
            _output.Write(lines);
            return true;
        }
        catch (Exception)
        {
            // The other end is gone, or the disk behind it is full: a log that cannot be written ends nothing.
            return false;
        }
    }
}
