using System.Net;
using System.Net.Sockets;

namespace Dynode.TestKit;

/// <summary>
/// A resolver that a test steers: a name stands for addresses, for none, does not exist, or its servers are silent, and whoever asks waits
/// until that changes, or the test is over. Any thread.
/// </summary>
public sealed class ScriptedNames : IDisposable
{
    private readonly object _gate = new();
    private readonly Dictionary<string, IPAddress[]?> _names = [];
    private readonly Dictionary<string, int> _asked = [];
    private bool _isOver;
    private int _hanging;
    private int _hangingMost;
    private int _onPool;

    /// <summary>Lookups that wait for an answer now.</summary>
    public int Hanging
    {
        get
        {
            lock (_gate) return _hanging;
        }
    }

    /// <summary>The most that ever did at once.</summary>
    public int HangingMost
    {
        get
        {
            lock (_gate) return _hangingMost;
        }
    }

    /// <summary>How often it was asked by a thread of the pool.</summary>
    public int OnPool
    {
        get
        {
            lock (_gate) return _onPool;
        }
    }

    /// <summary>The name stands for these from now on; those who wait for it are answered.</summary>
    public void Set(string name, params string[] addresses)
    {
        lock (_gate)
        {
            _names[name] = [.. addresses.Select(IPAddress.Parse)];
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Nobody who asks for it is answered.</summary>
    public void Silence(params IEnumerable<string> names)
    {
        lock (_gate)
        {
            foreach (string name in names) _names[name] = null;
        }
    }

    /// <summary>It does not exist any more; those who wait for it are told.</summary>
    public void Remove(string name)
    {
        lock (_gate)
        {
            _names.Remove(name);
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>How often it was asked for.</summary>
    public int Asked(string name)
    {
        lock (_gate) return _asked.GetValueOrDefault(name);
    }

    /// <summary>As the system's resolver: it blocks, and throws where there is no such name.</summary>
    public IPAddress[] Look(string name)
    {
        lock (_gate)
        {
            _asked[name] = _asked.GetValueOrDefault(name) + 1;
            _onPool += Thread.CurrentThread.IsThreadPoolThread ? 1 : 0;
            _hangingMost = Math.Max(_hangingMost, ++_hanging);
            while (!_isOver && _names.TryGetValue(name, out IPAddress[]? waited) && waited is null) Monitor.Wait(_gate);
            _hanging--;
            return _names.GetValueOrDefault(name) ?? throw new SocketException((int)SocketError.HostNotFound);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isOver = true;
            Monitor.PulseAll(_gate);
        }
    }
}
