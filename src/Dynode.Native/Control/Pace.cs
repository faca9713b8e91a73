namespace Dynode.Native.Control;

/// <summary>Lets something be done again at even times, and not sooner: what took long does not make the next one wait as well.</summary>
internal sealed class Pace(TimeSpan period, TimeProvider time) : IDisposable
{
    private readonly ManualResetEvent _never = new(false);
    private long _last = time.GetTimestamp();

    /// <summary>Waits for the next time.</summary>
    public void Wait()
    {
        TimeSpan left = period - time.GetElapsedTime(_last);
        if (left > TimeSpan.Zero)
            _never.WaitOne(left);
        _last = time.GetTimestamp();
    }

    public void Dispose() => _never.Dispose();
}
