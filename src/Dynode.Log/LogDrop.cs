namespace Dynode.Log;

/// <summary>What a cursor skipped.</summary>
/// <param name="Bytes">Never to be sent to this consumer.</param>
/// <param name="Requests">Requests (raw: bursts) of which at least a part lies in those bytes, and none counted before.</param>
public readonly record struct LogDrop(long Bytes, long Requests)
{
    /// <summary>Both drops together.</summary>
    public static LogDrop operator +(LogDrop left, LogDrop right) => new(left.Bytes + right.Bytes, left.Requests + right.Requests);
}

/// <summary>Where a new connection begins, as <see cref="FanOutLog.Resume"/> decided.</summary>
/// <param name="Ready">The cursor stands on a boundary with bytes behind it. False: nothing can be sent yet.</param>
/// <param name="RepeatedBytes">Bytes that were held to be done with, and are sent again.</param>
/// <param name="Dropped">What was skipped to reach a boundary.</param>
public readonly record struct LogResume(bool Ready, long RepeatedBytes, LogDrop Dropped);
