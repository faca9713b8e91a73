using Dynode.Streams;

namespace Dynode.TestKit.Streams;

/// <summary>Values beside a stream, in memory, for several broadcasters. Any thread.</summary>
public sealed class ScriptedKeys : IStreamKeys
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, KeyValue> _values = [];
    private TaskCompletionSource _there = Done();
    private ulong _revision;

    /// <summary>Whoever asks waits, until they are there again or he gives up.</summary>
    public bool IsAway
    {
        get
        {
            lock (_lock)
                return !_there.Task.IsCompleted;
        }

        set
        {
            lock (_lock)
            {
                if (value && _there.Task.IsCompleted)
                    _there = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                else if (!value)
                    _there.TrySetResult();
            }
        }
    }

    public async ValueTask<KeyValue?> GetAsync(string key, CancellationToken cancellation)
    {
        await ThereAsync(cancellation).ConfigureAwait(false);
        lock (_lock)
            return _values.GetValueOrDefault(key);
    }

    public async ValueTask<ulong?> TryPutAsync(string key, ReadOnlyMemory<byte> value, ulong revision, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, 64 << 10);
        await ThereAsync(cancellation).ConfigureAwait(false);
        lock (_lock)
        {
            if ((_values.GetValueOrDefault(key)?.Revision ?? 0) != revision)
                return null;
            _values[key] = new KeyValue(value.ToArray(), ++_revision);
            return _revision;
        }
    }

    /// <summary>Somebody deletes one.</summary>
    public void Remove(string key)
    {
        lock (_lock)
            _values.Remove(key);
    }

    private Task ThereAsync(CancellationToken cancellation)
    {
        lock (_lock)
            return _there.Task.WaitAsync(cancellation);
    }

    private static TaskCompletionSource Done()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }
}
