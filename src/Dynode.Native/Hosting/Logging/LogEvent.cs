using Microsoft.Extensions.Logging;

namespace Dynode.Native.Hosting.Logging;

/// <summary>One event as it was logged, before it becomes a line. Lives as long as the call.</summary>
/// <param name="At">In UTC.</param>
/// <param name="Level">None of it is <see cref="LogLevel.None"/>.</param>
/// <param name="Id">The stable id, and the name of the method that logged it.</param>
/// <param name="Text">The sentence with its values in place.</param>
/// <param name="Fields">The values by name, and at the end the template they stand in.</param>
/// <param name="Error">What was caught, if anything.</param>
internal readonly record struct LogEvent(
    DateTime At, LogLevel Level, EventId Id, string Text, IReadOnlyList<KeyValuePair<string, object?>>? Fields, Exception? Error)
{
    /// <summary>Of the sentence and of an exception; what is longer is cut. A line has few of them, so lines are bounded.</summary>
    public const int TextCharactersMax = 8192;

    /// <summary>Of one field's value.</summary>
    public const int ValueCharactersMax = 4096;

    /// <summary>The name under which the generated state hands out its template.</summary>
    public const string TemplateField = "{OriginalFormat}";

    /// <summary>Lines of the access log, which has a key of its own: no level keeps them back.</summary>
    public static bool IsAccess(EventId id) => id.Id is >= 1601 and <= 1699;

    /// <summary>The names an operator knows; five letters at most.</summary>
    public string LevelName => Level switch
    {
        LogLevel.Trace => "TRACE",
        LogLevel.Debug => "DEBUG",
        LogLevel.Information => "INFO",
        LogLevel.Warning => "WARN",
        _ => "ERROR",
    };
}
