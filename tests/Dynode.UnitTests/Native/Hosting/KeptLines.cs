using Microsoft.Extensions.Logging;

namespace Dynode.UnitTests.Native.Hosting;

/// <summary>A log that keeps its lines, each behind its event's number.</summary>
internal sealed class KeptLines : ILogger
{
    private readonly List<string> _lines = [];

    public List<string> Lines
    {
        get
        {
            lock (_lines)
                return [.. _lines];
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines)
            _lines.Add($"{eventId.Id} {formatter(state, exception)}");
    }
}
