namespace Dynode.LoadTest.Records;

/// <summary>What one server has received, counted.</summary>
internal record struct RecordCounts()
{
    /// <summary>How far it has come: all requests up to here have been received, or are counted as missed.</summary>
    public long Reached { get; set; }

    /// <summary>Different ones that it has received whole.</summary>
    public long Requests { get; set; }

    /// <summary>What was sent before the first that it has got.</summary>
    public Tally Before { get; set; }

    /// <summary>What it has missed since: requests that were skipped where a connection begins.</summary>
    public Tally Missed { get; set; }

    /// <summary>What came again where a connection begins.</summary>
    public Tally Repeated { get; set; }

    /// <summary>What came of requests that a connection did not bring whole.</summary>
    public Tally Torn { get; set; }

    /// <summary>Framed: which of all requests was the first of its latest connection; negative: none yet, or raw.</summary>
    public long BegunAt { get; set; } = -1;

    /// <summary>What was wrong first; null: nothing.</summary>
    public string? Fault { get; set; }
}
