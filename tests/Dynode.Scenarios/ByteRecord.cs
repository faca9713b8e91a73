using System.Diagnostics;

namespace Dynode.Scenarios;

/// <summary>When how many bytes had gone: what really happened, for what was said of it to be held to. Written by one, read by any.</summary>
internal sealed class ByteRecord
{
    private readonly List<(long At, long Total)> _steps = [(Stopwatch.GetTimestamp(), 0)];

    public long Total
    {
        get
        {
            lock (_steps)
                return _steps[^1].Total;
        }
    }

    public void Add(int bytes)
    {
        lock (_steps)
            _steps.Add((Stopwatch.GetTimestamp(), _steps[^1].Total + bytes));
    }

    /// <summary>Until a moment.</summary>
    public long Until(long at)
    {
        lock (_steps)
            return _steps.FindLast(step => step.At <= at).Total;
    }

    /// <summary>When so many had gone.</summary>
    public long When(long total)
    {
        lock (_steps)
            return _steps.Find(step => step.Total >= total).At;
    }

    /// <summary>A second, between two moments.</summary>
    public double Rate(long from, long to) => (Until(to) - Until(from)) / Stopwatch.GetElapsedTime(from, to).TotalSeconds;
}
