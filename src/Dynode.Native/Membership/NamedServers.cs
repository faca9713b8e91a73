using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Dynode.Broadcast.Backends;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Membership;

/// <summary>
/// Asks for the addresses of names each of whose addresses is a server. Lookups run on threads of their own, so a name whose DNS is
/// silent holds up nothing; their answers leave word, and the membership thread, whose all else here is, takes them.
/// </summary>
/// <param name="lookups">Look names up.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Takes a line for what is wrong.</param>
/// <param name="wake">Called when an answer is there, on any thread.</param>
internal sealed class NamedServers(NameLookups lookups, TimeProvider time, ILogger logger, Action wake)
{
    /// <summary>Of one name; more cannot be served.</summary>
    public const int AddressesMax = ServerList.AddressesMax;

    private readonly List<Asking> _heard = [];
    private Dictionary<BackendAddress, Asking> _names = [];
    private volatile string? _lastFault;

    /// <summary>An answer waits to be taken.</summary>
    public bool HasAnswers
    {
        get
        {
            lock (_heard)
                return _heard.Count > 0;
        }
    }

    /// <summary>What is wrong with a name now; null: nothing. Any thread.</summary>
    public string? LastFault => _lastFault;

    /// <summary>Takes the names of new settings, and asks for all of them.</summary>
    public void Configure(ImmutableArray<BackendAddress> names)
    {
        var now = new Dictionary<BackendAddress, Asking>();
        foreach (BackendAddress name in names)
        {
            now[name] = _names.GetValueOrDefault(name) ?? new Asking(name);
            now[name].Wait = TimeSpan.Zero;
        }

        _names = now;
        SetLastFault();
    }

    /// <summary>Asks for those whose time it is.</summary>
    public void Ask()
    {
        foreach (Asking asking in _names.Values)
        {
            if (asking.IsAsked || Left(asking) is not { } left || left > TimeSpan.Zero)
                continue;
            asking.IsAsked = true;
            lookups.Ask(asking.Name.Host, asking.Answer.Past, answer =>
            {
                lock (_heard)
                {
                    asking.Answer = answer;
                    _heard.Add(asking);
                }

                wake();
            });
        }
    }

    /// <summary>The next answer: the servers of one name, or why there are none.</summary>
    /// <param name="refresh">How long an answer is good for; zero: until a reload.</param>
    /// <param name="isOurselves">Whether bytes for that server would come back here.</param>
    /// <param name="name">Whose.</param>
    /// <param name="verdict">What it says.</param>
    public bool TryTake(TimeSpan refresh, Predicate<BackendAddress> isOurselves, out BackendAddress name, out ListVerdict verdict)
    {
        while (Next() is { } asking)
        {
            if (_names.GetValueOrDefault(asking.Name) != asking)
                continue;
            (name, verdict) = (asking.Name, Read(asking.Name, asking.Answer, isOurselves));
            (asking.IsAsked, asking.Since, asking.Fault) = (false, time.GetTimestamp(), verdict.Fault);
            if (verdict.IsGood)
            {
                if (asking.Pace.Recover() is > 0 and int faults)
                    MembershipLog.NameRecovered(logger, name.ToString(), faults);
                asking.Wait = refresh > TimeSpan.Zero ? refresh : null;
            }
            else
            {
                if (asking.Pace.IsDue(verdict.Fault, time.GetElapsedTime(0)))
                    MembershipLog.NoServersOfName(logger, name.ToString(), verdict.Fault, asking.Pace.Faults);
                asking.Wait = MembershipState.RetryDelay(asking.Pace.Faults, refresh > TimeSpan.Zero && refresh < MembershipState.FirstRetryDelayMax ? refresh : MembershipState.FirstRetryDelayMax);
            }

            SetLastFault();
            return true;
        }

        (name, verdict) = (null!, default);
        return false;
    }

    /// <summary>How long until one is to be asked for; null: none is.</summary>
    public TimeSpan? Delay()
    {
        TimeSpan? least = null;
        foreach (Asking asking in _names.Values)
        {
            if (!asking.IsAsked && Left(asking) is { } left && (least is null || left < least))
                least = left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }

        return least;
    }

    /// <summary>The servers that a name's addresses are: the same everywhere, whatever order the resolver has them in.</summary>
    internal static ListVerdict Read(BackendAddress name, in LookupAnswer answer, Predicate<BackendAddress> isOurselves)
    {
        if (answer.Error is { } error)
            return ListVerdict.Bad($"the name does not resolve ({Excerpt.Escape(error.TrimEnd('.'))})");
        var all = new List<IPAddress>();
        foreach (IPAddress ip in answer.Addresses)
        {
            IPAddress plain = ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip;
            if (!all.Contains(plain))
                all.Add(plain);
        }

        if (all.Count is 0 or > AddressesMax)
            return ListVerdict.Bad(all.Count == 0 ? "the name has no address" : "the name has more than 1024 addresses");
        all.Sort(Compare);
        var servers = ImmutableArray.CreateBuilder<BackendAddress>(all.Count);
        foreach (IPAddress ip in all)
        {
            string text = ip.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{ip}]:{name.Port}" : $"{ip}:{name.Port}";
            if (!BackendAddress.TryParse(text, out BackendAddress? server, out string? fault))
                return ListVerdict.Bad($"its address {text} {fault}");
            if (isOurselves(server))
                return ListVerdict.Bad($"one of its addresses is this broadcaster itself: {server}");
            servers.Add(server);
        }

        return ListVerdict.Good(servers.MoveToImmutable());
    }

    // IPv4 before IPv6, then byte by byte.
    private static int Compare(IPAddress one, IPAddress other)
    {
        byte[] left = one.GetAddressBytes(), right = other.GetAddressBytes();
        return left.Length != right.Length ? left.Length - right.Length : left.AsSpan().SequenceCompareTo(right);
    }

    private TimeSpan? Left(Asking asking) => asking.Wait is { } wait ? wait - time.GetElapsedTime(asking.Since) : null;

    private void SetLastFault()
    {
        string? fault = null;
        foreach (Asking asking in _names.Values)
            fault ??= asking.Fault is { } wrong ? $"dns:{asking.Name}: {wrong}" : null;
        _lastFault = fault;
    }

    private Asking? Next()
    {
        lock (_heard)
        {
            Asking? next = _heard.Count > 0 ? _heard[0] : null;
            if (next is not null)
                _heard.RemoveAt(0);
            return next;
        }
    }

    private sealed class Asking(BackendAddress name)
    {
        public BackendAddress Name => name;

        /// <summary>The last one; a lookup's thread's while it is asked.</summary>
        public LookupAnswer Answer { get; set; }

        public FaultPace Pace { get; } = new();

        public bool IsAsked { get; set; }

        public long Since { get; set; }

        /// <summary>From <see cref="Since"/> on; null: until a reload.</summary>
        public TimeSpan? Wait { get; set; } = TimeSpan.Zero;

        public string? Fault { get; set; }
    }
}
