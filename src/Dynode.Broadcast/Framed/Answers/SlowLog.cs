using Dynode.Broadcast.Plane;
using Dynode.Protocols;
using Microsoft.Extensions.Logging;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>
/// The last requests whose answer was long in coming, with whom it was that they waited for: a ring, and at a limited rate a line. What
/// was decided at once and waits for an earlier answer of its client is not among them, for it is that one which was slow. In turns only.
/// </summary>
internal sealed class SlowLog(Durations durations, ILogger logger, TimeProvider time, RateLimit line)
{
    /// <summary>How many are kept.</summary>
    public const int Max = 128;

    private readonly Queue<SlowRequest> _requests = new();

    /// <summary>Newest first.</summary>
    public SlowRequest[] Newest => [.. _requests.Reverse()];

    /// <summary>A request is decided for which a client waits.</summary>
    /// <param name="number">Of the request.</param>
    /// <param name="slot">Its.</param>
    /// <param name="decider">Whose reply, or whose silence, decided; null: none's.</param>
    public void Decided(long number, in Slot slot, Voter? decider)
    {
        if (slot.Client is not { } client || !durations.IsSlow(slot.OpenedAt))
            return;
        var name = NameOf(number, slot, decider);
        var request = new SlowRequest(number, time.GetUtcNow(), durations.Since(slot.OpenedAt), client.Address, name.Command, name.Key, decider?.Address.ToString());
        if (_requests.Count == Max)
            _requests.Dequeue();
        _requests.Enqueue(request);
        if (line.TryPass())
            logger.SlowRequest(number, request.Client, request.Duration.TotalSeconds, request.WaitedFor ?? "nobody", name.Command, name.Key, durations.Slow + 1);
    }

    /// <summary>Whoever has not acknowledged it, and nothing before it, can read it yet.</summary>
    private static RequestName NameOf(long number, in Slot slot, Voter? decider)
    {
        var unknown = new RequestName("?", "");
        var name = decider?.Describe(number) ?? unknown;
        foreach (var voter in slot.Voters!.Voters)
        {
            if (name != unknown)
                break;
            name = voter.Describe(number);
        }

        return name;
    }
}
