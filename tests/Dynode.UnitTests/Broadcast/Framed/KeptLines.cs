using Microsoft.Extensions.Logging;

namespace Dynode.UnitTests.Broadcast.Framed;

/// <summary>A logger that remembers what was said.</summary>
internal sealed class KeptLines : ILogger
{
    private readonly List<(int Id, string Text)> _lines = [];

    public IEnumerable<string> Of(int id) => _lines.Where(line => line.Id == id).Select(line => line.Text);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Add((eventId.Id, formatter(state, exception)));
}
