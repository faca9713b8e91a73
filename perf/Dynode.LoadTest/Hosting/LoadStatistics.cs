using System.Diagnostics;
using Dynode.LoadTest.Loads;
using HdrHistogram;

namespace Dynode.LoadTest.Hosting;

/// <summary>How the steps of one kind, good or failed, went. Guarded by its owner.</summary>
internal sealed class StepStatistics
{
    /// <summary>NBomber's; what takes longer is counted as this.</summary>
    private static readonly long MicrosecondsMax = (long)TimeSpan.FromMinutes(10).TotalMicroseconds;

    public LongHistogram Microseconds { get; } = new(MicrosecondsMax, numberOfSignificantValueDigits: 3);

    public long Count => Microseconds.TotalCount;

    public long Least { get; private set; } = long.MaxValue;

    public long Bytes { get; private set; }

    public int BytesLeast { get; private set; } = int.MaxValue;

    public int BytesMost { get; private set; }

    public void Add(TimeSpan took, int bytes)
    {
        long microseconds = Math.Min((long)took.TotalMicroseconds, MicrosecondsMax);
        Microseconds.RecordValue(microseconds);
        Least = Math.Min(Least, microseconds);
        Bytes += bytes;
        BytesLeast = Math.Min(BytesLeast, bytes);
        BytesMost = Math.Max(BytesMost, bytes);
    }
}

/// <summary>What a host has measured. Any thread.</summary>
internal sealed class LoadStatistics
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _faults = [];

    /// <summary>To be read when nothing steps any more.</summary>
    public StepStatistics Ok { get; } = new();

    /// <inheritdoc cref="Ok"/>
    public StepStatistics Fail { get; } = new();

    /// <summary>Each with how often it came; those beyond a few are together under one name.</summary>
    public IReadOnlyDictionary<string, long> Faults => _faults;

    /// <summary>Failures so far.</summary>
    public long Failed
    {
        get
        {
            lock (_lock) return Fail.Count;
        }
    }

    public void Add(long startedAt, StepOutcome outcome)
    {
        const int FaultsMax = 10;
        TimeSpan took = Stopwatch.GetElapsedTime(startedAt);
        lock (_lock)
        {
            (outcome.IsOk ? Ok : Fail).Add(took, outcome.Bytes);
            if (outcome.Fault is not { } fault) return;
            string named = _faults.ContainsKey(fault) || _faults.Count < FaultsMax ? fault : "others";
            _faults[named] = _faults.GetValueOrDefault(named) + 1;
        }
    }
}
