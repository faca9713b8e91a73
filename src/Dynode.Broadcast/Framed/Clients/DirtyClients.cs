namespace Dynode.Broadcast.Framed.Clients;

/// <summary>Clients that have answers to be sent, or must be closed, at the end of this turn: many answers in one call. In turns only.</summary>
internal sealed class DirtyClients
{
    private readonly List<FramedClient> _all = [];

    /// <summary>It is flushed at the end of this turn, once.</summary>
    public void Add(FramedClient client)
    {
        if (client.IsDirty)
            return;
        client.IsDirty = true;
        _all.Add(client);
    }

    /// <summary>Sends what they have now, for the memory that it takes.</summary>
    public void Send(long now)
    {
        foreach (var client in _all)
            client.Send(now);
    }

    /// <summary>The end of a turn.</summary>
    public void Flush(long now)
    {
        // One that is flushed may make others dirty.
        for (int i = 0; i < _all.Count; i++)
        {
            _all[i].IsDirty = false;
            _all[i].Flush(now);
        }

        _all.Clear();
    }
}
