using Microsoft.Extensions.Logging;

namespace Dynode.UnitTests.Native;

/// <summary>Keeps each line as its number and its sentence.</summary>
internal sealed class LogLinesSink : ILogger
{
    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines
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
