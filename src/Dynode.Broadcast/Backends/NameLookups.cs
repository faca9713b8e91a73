using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace Dynode.Broadcast.Backends;

/// <summary>
/// Looks names up, each on a thread of its own: the resolver blocks, for ten seconds and more where its servers are silent, and nothing
/// ends it. So it never runs on a thread that anything else waits for, the pool's above all (where the runtime's asynchronous lookups
/// run, too). Threads are bounded: names for which there is none wait in line (<see cref="LookupLine"/>). One lookup at a time for one name,
/// whoever asks.
/// <code>
///   any thread ──Ask──▶ line ──▶ a thread ──▶ the resolver ──▶ answered(…), on that thread
/// </code>
/// The first thread is kept; others come with the need, made by the pool, and go with it. Threads do not hold up the end of the process.
/// </summary>
/// <param name="look">The resolver: blocks; throws where it has no answer.</param>
/// <param name="threadsMax">Lookups at once, at least 1.</param>
/// <param name="time">Tells prompt answers from late ones.</param>
public sealed class NameLookups(Func<string, IPAddress[]> look, int threadsMax, TimeProvider time)
{
    /// <summary>More names than this that are silent at once are rare, and a thread that waits for one costs some 20 KiB.</summary>
    public const int ThreadsMax = 64;

    /// <summary>A server that answers does so in less; one that does not is given far longer by the resolver.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>The resolver keeps its buffers there; addresses alone, which are not touched, are the cost.</summary>
    private const int StackBytes = 512 << 10;

    private readonly object _gate = new();
    private readonly LookupLine _line = new(threadsMax);
    private int _threads;
    private int _idle;

    /// <summary>Of the system: its hosts file, DNS, and whatever else it is configured to ask.</summary>
    /// <param name="threadsMax">Lookups at once, at least 1.</param>
    public static NameLookups OfSystem(int threadsMax) => new(Dns.GetHostAddresses, threadsMax, TimeProvider.System);

    /// <summary>Makes the thread that is kept, for where none may be had later.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (_threads > 0)
                return;
            _threads++;
        }

        MakeThread();
    }

    /// <summary>Looks a name up. Waits for nothing.</summary>
    /// <param name="name">A name, no address.</param>
    /// <param name="past">What the last lookup of it said of it.</param>
    /// <param name="answered">Called once, on a thread of the lookups or, where none can be made, of the pool; to leave word, not to work.</param>
    public void Ask(string name, LookupPast past, Action<LookupAnswer> answered)
    {
        lock (_gate)
        {
            var lookup = _line.Find(name);
            if (lookup is null)
                _line.Add(lookup = new NameLookup(name, past));
            lookup.Askers.Add(answered);
            if (_idle >= _line.Waiting || _threads >= threadsMax)
            {
                Monitor.Pulse(_gate);
                return;
            }

            _threads++;
        }

        // To start a thread is to wait for its first step; who asks waits for nothing.
        ThreadPool.UnsafeQueueUserWorkItem(static lookups => lookups.MakeThread(), this, preferLocal: false);
    }

    /// <summary>Makes the thread that has been counted already.</summary>
    private void MakeThread()
    {
        try
        {
            new Thread(Run, StackBytes) { Name = "name lookup", IsBackground = true }.Start();
        }
        catch (Exception e) when (e is OutOfMemoryException or ThreadStartException)
        {
            NoThread();
        }
    }

    /// <summary>Those that there are go on; where there are none, nobody waits for one.</summary>
    private void NoThread()
    {
        List<NameLookup> all = [];
        lock (_gate)
        {
            _threads--;
            if (_threads == 0)
                all = _line.GiveUp();
        }

        foreach (var lookup in all)
            Answer(lookup.Askers, new([], "no thread can be had to look it up", lookup.Past));
    }

    private void Run()
    {
        while (TryTake(out var next))
        {
            var answer = Look(next);
            Action<LookupAnswer>[] askers;
            lock (_gate)
            {
                _line.End(next);
                askers = [.. next.Askers];
            }

            Answer(askers, answer);
        }
    }

    /// <summary>Waits for a name that may be looked up.</summary>
    /// <returns>False: this thread is one too many.</returns>
    private bool TryTake(out NameLookup next)
    {
        lock (_gate)
        {
            while (true)
            {
                if (_line.Take() is { } taken)
                {
                    next = taken;
                    return true;
                }

                if (_threads > 1)
                {
                    _threads--;
                    next = null!;
                    return false;
                }

                _idle++;
                Monitor.Wait(_gate);
                _idle--;
            }
        }
    }

    private LookupAnswer Look(NameLookup lookup)
    {
        long began = time.GetTimestamp();
        ImmutableArray<IPAddress> found = [];
        string? error = null;
        try
        {
            found = [.. look(lookup.Name)];
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            error = e.Message;
        }

        return new(found, error, time.GetElapsedTime(began) < Patience ? LookupPast.Prompt : LookupPast.Silent);
    }

    private static void Answer(IEnumerable<Action<LookupAnswer>> askers, in LookupAnswer answer)
    {
        foreach (var answered in askers)
            answered(answer);
    }
}
