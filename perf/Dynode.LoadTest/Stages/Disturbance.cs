namespace Dynode.LoadTest.Stages;

/// <summary>What is done to servers while the load runs: begins with the first step, whatever host makes it.</summary>
internal sealed class Disturbance(Func<Task> act)
{
    private readonly Lazy<Task> _acting = new(() => Task.Run(act));

    /// <summary>Where it has not begun yet.</summary>
    public void Begin() => _ = _acting.Value;

    /// <summary>Done with it; fails with what failed it.</summary>
    public Task EndAsync() => _acting.Value;
}
