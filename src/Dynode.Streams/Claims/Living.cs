using System.Collections.Immutable;

namespace Dynode.Streams.Claims;

/// <summary>Who of those that would deliver to a server is to, as one of them sees it. Immutable.</summary>
/// <param name="self">Who sees it so.</param>
/// <param name="all">Those that live, as far as it knows, itself among them.</param>
/// <param name="hadData"><see cref="LivingTable.HadData"/>.</param>
public sealed class Living(string self, ImmutableArray<LivingOne> all, bool hadData = false)
{
    private const int Nowhere = int.MaxValue;

    /// <inheritdoc cref="LivingTable.HadData"/>
    public bool HadData => hadData;

    /// <summary>Those that live, as far as it knows.</summary>
    public ImmutableArray<LivingOne> All => all;

    /// <summary>How many of them come before this one for a server: who can reach it, if this one cannot; of the others who lists it earlier, and of those that list it alike who has the lower id.</summary>
    /// <param name="server"><see cref="ServerList.HashOf"/>.</param>
    /// <param name="except">Who does not count: he has let it go.</param>
    public int RankOf(ulong server, string? except = null)
    {
        int own = PlaceIn(self, server);
        return all.Count(one => one.Broadcaster != self && one.Broadcaster != except && PlaceOf(one, server) is var place && place < Nowhere
            && (place < own || (place == own && string.CompareOrdinal(one.Broadcaster, self) < 0)));
    }

    /// <summary>One that certainly lives and comes before this one for a server: it lists it earlier, or can reach it and this one cannot. Who lists it alike does not take it from who has it, nor who cannot reach it from who can.</summary>
    /// <param name="server"><see cref="ServerList.HashOf"/>.</param>
    /// <returns>Null: there is none.</returns>
    public LivingOne? Rather(ulong server)
    {
        int own = PlaceIn(self, server);
        return all.Where(one => one.Broadcaster != self && one.IsProven && PlaceOf(one, server) < own)
            .OrderBy(one => PlaceOf(one, server))
            .ThenBy(static one => one.Broadcaster, StringComparer.Ordinal)
            .FirstOrDefault();
    }

    /// <summary>The newest version of a parcel that all of them read.</summary>
    public byte ParcelsTo { get; } = all.IsEmpty ? ParcelVersions.Newest : byte.Min(ParcelVersions.Newest, all.Min(static one => one.ParcelsTo));

    private int PlaceIn(string broadcaster, ulong server) => all.FirstOrDefault(one => one.Broadcaster == broadcaster) is { } there ? PlaceOf(there, server) : Nowhere;

    /// <summary>Who cannot reach it comes behind all that can.</summary>
    private static int PlaceOf(LivingOne one, ulong server)
    {
        if (one.Servers is not { } list || !list.Servers.TryGetValue(server, out int place))
            return Nowhere;
        return list.Away.Contains(server) ? ServerList.Max + place : place;
    }
}

/// <summary>A broadcaster that lives, as far as is known.</summary>
/// <param name="Broadcaster">16 hexadecimal digits, of one life.</param>
/// <param name="Where">The same for people.</param>
/// <param name="IsProven">It has been seen to say so anew; false: it may have died before anybody looked.</param>
/// <param name="Servers">What it lists; null: that is not known yet.</param>
/// <param name="ParcelsTo">The newest version of a parcel that it reads.</param>
public sealed record LivingOne(string Broadcaster, string Where, bool IsProven, ServerList? Servers, byte ParcelsTo);
