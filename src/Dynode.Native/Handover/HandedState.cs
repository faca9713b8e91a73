using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Dynode.Broadcast.Backends;
using Dynode.Native.State;

namespace Dynode.Native.Handover;

/// <summary>
/// The body of a <see cref="FrameKind.State"/> frame: how the one that ran has ended.
/// <code>
///   184203311                         the number that the next request gets
///   {"schema":1,…}                    orders, gaps and the list, as servers.json has them
///   tcp://10.0.0.1:6379               its servers (HandedAddress), one a line, in their order; whoever is not among the gaps has had everything
/// </code>
/// Pure.
/// </summary>
/// <param name="next">The number.</param>
/// <param name="kept">Orders, gaps, the list.</param>
/// <param name="servers">In their order.</param>
internal sealed class HandedState(long next, KeptState kept, ImmutableArray<BackendAddress> servers)
{
    public long Next => next;

    public KeptState Kept => kept;

    public ImmutableArray<BackendAddress> Servers => servers;

    /// <summary>What one broadcaster hands over, apart from descriptors.</summary>
    public static HandedState Of(HandedOver handed, KeptState kept) => new(
        handed.Next,
        kept with { Run = RunEnd.Stopped, Gaps = GapsOf(handed, kept) },
        [.. handed.Servers.Select(static server => server.Address)]);

    /// <summary>For the data plane of the successor.</summary>
    /// <param name="connections">That came over; each once.</param>
    public HandedOver For(IReadOnlyDictionary<BackendAddress, HandedConnection> connections)
    {
        var gaps = new Dictionary<BackendAddress, KeptGap>();
        foreach (KeptGap gap in kept.Gaps)
            gaps[gap.Address] = gap;
        var all = ImmutableArray.CreateBuilder<HandedServer>();
        foreach (BackendAddress server in servers)
        {
            KeptGap? gap = gaps.GetValueOrDefault(server);
            DropReason? reason = gap is null ? null : Enum.TryParse(gap.Reason, out DropReason known) ? known : DropReason.Earlier;
            all.Add(new HandedServer(server, reason, gap?.First ?? -1, connections.GetValueOrDefault(server)));
        }

        return new HandedOver(next, all.ToImmutable());
    }

    public byte[] Write()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{next}\n");
        text.Append(Encoding.UTF8.GetString(StateText.Write(kept, DateTimeOffset.UnixEpoch)));
        foreach (BackendAddress server in servers)
            text.Append(CultureInfo.InvariantCulture, $"{HandedAddress.Write(server)}\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Null: there is a fault.</summary>
    public static HandedState? Read(byte[] body, out string? fault)
    {
        string[] lines = Encoding.UTF8.GetString(body).Split('\n');
        fault = "is cut short";
        if (lines.Length < 3 || lines[^1].Length > 0)
            return null;
        fault = "has no number";
        if (!long.TryParse(lines[0], NumberStyles.None, CultureInfo.InvariantCulture, out long next))
            return null;
        if (StateText.Read(Encoding.UTF8.GetBytes(lines[1]), out fault) is not { } kept)
            return null;
        fault = "names what is no server";
        var servers = ImmutableArray.CreateBuilder<BackendAddress>();
        foreach (string line in lines[2..^1])
        {
            if (!HandedAddress.TryParse(line, out var server))
                return null;
            servers.Add(server);
        }

        fault = null;
        return new HandedState(next, kept, servers.ToImmutable());
    }

    // Those of servers that are gone stay: they may come again.
    private static ImmutableArray<KeptGap> GapsOf(HandedOver handed, KeptState kept)
    {
        var there = new HashSet<BackendAddress>();
        var gaps = ImmutableArray.CreateBuilder<KeptGap>();
        foreach (HandedServer server in handed.Servers)
        {
            there.Add(server.Address);
            if (server.Gap is { } reason)
                gaps.Add(new KeptGap(server.Address, reason.ToString(), server.FirstMissing));
        }

        foreach (KeptGap gap in kept.Gaps)
        {
            if (!there.Contains(gap.Address))
                gaps.Add(gap);
        }

        return gaps.ToImmutable();
    }
}
