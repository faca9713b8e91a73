using Dynode.Broadcast.Plane;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>
/// The last requests whose answer was long in coming, with whom it was that they waited for: a ring, and at a limited rate a line. What
/// was decided at once and waits for an earlier answer of its client is not among them, for it is that one which was slow. In turns only.
/// </summary>
internal sealed class SlowLog(Durations durations, DataPlane plane, RateLimit line)
{
    private readonly Queue<SlowRequest> _requests = new();
    private long _count;

    /// <summary>Newest first; as many as the settings keep.</summary>
    public SlowRequest[] Newest
    {
        get
        {
            Trim(plane.Settings.SlowLogMax);
            return [.. _requests.Reverse()];
        }
    }

    /// <summary>A request is decided for which a client waits.</summary>
    /// <param name="number">Of the request.</param>
    /// <param name="slot">Its.</param>
    /// <param name="decider">Whose reply, or whose silence, decided; null: none's.</param>
    public void Decided(long number, in Slot slot, Voter? decider)
    {
        if (slot.Client is not { } client || !durations.IsSlow(slot.OpenedAt))
            return;
        _count++;
        int kept = plane.Settings.SlowLogMax;
        bool isSaid = line.TryPass();
        Trim(Math.Max(kept - 1, 0));
        if (kept == 0 && !isSaid)
            return;
        var name = NameOf(number, slot, decider, out long? length);
        var request = new SlowRequest(
            number, plane.Clock.Time.GetUtcNow(), durations.Since(slot.OpenedAt), client.Address, name.Command, name.Key, length, decider?.Address.ToString());
        if (kept > 0)
            _requests.Enqueue(request);
        if (isSaid)
            plane.Logger.SlowRequest(number, request.Client, request.Duration.TotalSeconds, request.WaitedFor ?? "nobody", name.Command, name.Key, _count);
    }

    private void Trim(int most)
    {
        while (_requests.Count > most)
            _requests.Dequeue();
    }

    /// <summary>Whoever has not acknowledged it, and nothing before it, can read it yet.</summary>
    private static RequestName NameOf(long number, in Slot slot, Voter? decider, out long? length)
    {
        length = null;
        if (decider?.Describe(number, out length) is { } name && length is not null)
            return name;
        foreach (var voter in slot.Voters!.Voters)
        {
            name = voter.Describe(number, out length);
            if (length is not null)
                return name;
        }

        return new("?", "");
    }
}
