using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Hosting.Logging;

/// <summary>A warning or an error that was logged, for whoever asks later.</summary>
/// <param name="At">In UTC.</param>
/// <param name="Level">As in the log.</param>
/// <param name="Id">The stable id.</param>
/// <param name="Text">The sentence, cut as in the log.</param>
/// <param name="NamesKey">It names something that a client sent.</param>
internal sealed record KeptEvent(DateTime At, string Level, int Id, string Text, bool NamesKey);

/// <summary>The last warnings and errors of the log. Any thread.</summary>
internal sealed class EventRing
{
    /// <summary>How many are kept.</summary>
    public const int Max = 64;

    /// <summary>The field that holds what a client sent, in the data plane's lines.</summary>
    private const string KeyField = "Key";

    /// <summary>Ids of the data plane's lines are below.</summary>
    private const int DataPlaneEnd = 2000;

    private readonly Lock _lock = new();
    private readonly Queue<KeptEvent> _events = new(Max);

    /// <summary>Newest first.</summary>
    public ImmutableArray<KeptEvent> Newest
    {
        get
        {
            lock (_lock)
                return [.. _events.Reverse()];
        }
    }

    public void Add(in LogEvent logged)
    {
        if (logged.Level < LogLevel.Warning)
            return;
        bool namesKey = logged.Id.Id < DataPlaneEnd && (logged.Fields?.Any(static field => field.Key == KeyField) ?? false);
        var kept = new KeptEvent(logged.At, logged.LevelName, logged.Id.Id, LogText.Cut(logged.Text, LogEvent.TextCharactersMax).ToString(), namesKey);
        lock (_lock)
        {
            if (_events.Count == Max)
                _events.Dequeue();
            _events.Enqueue(kept);
        }
    }
}
