using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Dynode.Broadcast.Backends;

namespace Dynode.Native.Membership;

/// <summary>What one request for the server list gave: its addresses, or the one reason why it gave none.</summary>
internal readonly record struct ListVerdict
{
    private ListVerdict(ImmutableArray<BackendAddress> addresses, string? fault)
    {
        Addresses = addresses;
        Fault = fault;
    }

    /// <summary>In the answer's order, never empty when good; duplicates are still in it.</summary>
    public ImmutableArray<BackendAddress> Addresses { get; }

    /// <summary>One line, fit for the log; null when good.</summary>
    public string? Fault { get; }

    /// <summary>The last good set has to make way only for a good verdict.</summary>
    [MemberNotNullWhen(false, nameof(Fault))]
    public bool IsGood => Fault is null;

    public static ListVerdict Good(ImmutableArray<BackendAddress> addresses) => new(addresses, null);

    public static ListVerdict Bad(string fault) => new([], fault);
}
