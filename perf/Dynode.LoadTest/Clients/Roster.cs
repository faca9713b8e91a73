using System.Collections.Concurrent;

namespace Dynode.LoadTest.Clients;

/// <summary>Who has sent how much: what the servers are held to. Any thread.</summary>
internal sealed class Roster
{
    private readonly ConcurrentDictionary<int, LoadClient> _here = new();
    private long _requests;
    private long _bytes;
    private int _lastId = -1;

    /// <summary>Clients so far, those that have left too.</summary>
    public int Clients => Volatile.Read(ref _lastId) + 1;

    /// <summary>Begun to be sent, by all clients.</summary>
    public long Requests => Interlocked.Read(ref _requests);

    /// <summary>In these requests.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Told of each client that has left, and how many requests it had sent.</summary>
    public Action<int, long>? Left { get; set; }

    public int NextId() => Interlocked.Increment(ref _lastId);

    public void Add(LoadClient client) => _here[client.Id] = client;

    public void Remove(LoadClient client)
    {
        if (_here.TryRemove(client.Id, out _)) Left?.Invoke(client.Id, client.Begun);
    }

    /// <summary>All that are here end at once.</summary>
    public void EndAll()
    {
        foreach (LoadClient client in _here.Values) client.Dispose();
    }

    public void Sends(int requests, int bytes)
    {
        Interlocked.Add(ref _requests, requests);
        Interlocked.Add(ref _bytes, bytes);
    }

    /// <summary>Of each client that is here: how many requests it has begun to send.</summary>
    public Dictionary<int, long> Begun() => _here.ToDictionary(entry => entry.Key, entry => entry.Value.Begun);

    /// <summary>Of each client that is here: how many of its requests have been answered.</summary>
    public Dictionary<int, long> Answered() => _here.ToDictionary(entry => entry.Key, entry => entry.Value.Answered);
}
