using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Dynode.Scenarios;

/// <summary>A logger that remembers: what tests look for, and what a failed one prints.</summary>
internal sealed class LogLines : ILogger
{
    private readonly ConcurrentQueue<(LogLevel Level, int Id, string Text)> _lines = new();

    public IEnumerable<string> Of(int eventId) => _lines.Where(line => line.Id == eventId).Select(line => line.Text);

    public int Count(int eventId) => Of(eventId).Count();

    public string Dump() => string.Join('\n', _lines.TakeLast(60).Select(line => $"{line.Level} {line.Id} {line.Text}"));

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((logLevel, eventId.Id, formatter(state, exception) + (exception is null ? "" : $" {exception}")));
}
