using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Plane;

namespace Dynode.Broadcast.Framed.Clients;

/// <summary>
/// <c>request_rate</c>: who has sent more than that is not read, until it may go on. Nothing is refused and nothing dropped; TCP holds the client back. Clients have
/// nothing of this while there is no limit. In turns only.
/// </summary>
internal sealed class ClientPaces(DataPlane plane, Turns turns)
{
    private readonly Dictionary<FramedClient, ClientPace> _all = [];
    private readonly List<ClientPace> _waiting = [];
    private bool _isOver;

    /// <summary>Clients that are not read for now.</summary>
    public int Count => _waiting.Count;

    /// <summary>Requests that one client may send in a second; 0: any number.</summary>
    public int Rate => _isOver ? 0 : plane.Settings.RequestRate;

    /// <summary>A page full of requests may take so long that it is to be a small one: what is read is kept meanwhile, and others need pages too.</summary>
    public bool KeepsPagesSmall => Rate is > 0 and < SmallBelow;

    /// <summary>At this rate the shortest requests that fill a large page are a second's.</summary>
    private const int SmallBelow = 4096;

    /// <summary>A client's pace; null: it has none.</summary>
    public ClientPace? Of(FramedClient client)
    {
        if (Rate == 0)
            return null;
        if (!_all.TryGetValue(client, out var pace))
            _all.Add(client, pace = new ClientPace(client));
        return pace;
    }

    /// <summary>It is signalled when it may go on.</summary>
    public void Await(ClientPace pace)
    {
        if (pace.Waits)
            return;
        pace.Waits = true;
        _waiting.Add(pace);
    }

    /// <summary>Lets those go on that may. Often while anybody waits.</summary>
    public void Serve(long now)
    {
        int rate = Rate;
        if (rate == 0 && _all.Count > 0)
            _all.Clear();
        int left = 0;
        for (int i = 0; i < _waiting.Count; i++)
        {
            var pace = _waiting[i];
            if (!pace.Client.IsClosed && rate > 0 && !pace.MayGoOn(now, rate))
            {
                _waiting[left++] = pace;
                continue;
            }

            pace.Waits = false;
            if (!pace.Client.IsClosed)
                turns.Signal(pace.Client);
        }

        _waiting.RemoveRange(left, _waiting.Count - left);
    }

    /// <summary>A client is gone.</summary>
    public void Forget(FramedClient client) => _all.Remove(client);

    /// <summary>The end has begun: what has been read is taken now, however much it is.</summary>
    public void Lift() => _isOver = true;
}
