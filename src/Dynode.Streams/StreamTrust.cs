namespace Dynode.Streams;

/// <summary>Whether the stream is the one that was read, and all of it can be read: what is said of that, in one place. In turns only.</summary>
internal sealed class StreamTrust(StreamPlace place, byte protocol)
{
    public StreamStanding Standing { get; private set; } = new(StreamStandingKind.Away, 0);

    /// <summary>Of the stream; null: none has been seen.</summary>
    public StreamIdentity? Identity { get; private set; }

    /// <summary>Of its parcels; not null while they are read.</summary>
    public ParcelReader? Parcels { get; private set; }

    /// <summary>As it was when it was asked last; null: it never was.</summary>
    public StreamState? State { get; private set; }

    /// <summary>Times that another server was found to lead it than before.</summary>
    public long LeaderChanges { get; private set; }

    public bool IsStill => Standing.IsStill;

    /// <summary>All that was said is of no meaning any more.</summary>
    public void Begin(StreamIdentity? identity, bool isHere)
    {
        Identity = identity;
        Parcels = null;
        Set(isHere ? StreamStandingKind.Seeking : StreamStandingKind.Away);
    }

    /// <summary>There is no connection.</summary>
    public void Lost(StreamStandingKind kind, string text)
    {
        if (!IsStill)
            Set(kind, 0, text);
    }

    /// <summary>The stream is here.</summary>
    public void Enter(StreamState state)
    {
        Parcels ??= new ParcelReader(Identity ??= state.Identity, protocol);
        Set(StreamStandingKind.Seeking);
    }

    /// <summary>Whether it can be the one that was read, by what it says of itself.</summary>
    /// <param name="state">As it was when it was asked.</param>
    /// <param name="judged">The number that had been judged when it was asked: what has come since is above what it says.</param>
    public bool IsSame(StreamState state, ulong judged)
    {
        // Where there is none just now, the next one is compared with the last that there was.
        string leader = State?.Leader ?? "";
        LeaderChanges += leader.Length > 0 && state.Leader.Length > 0 && state.Leader != leader ? 1 : 0;
        State = state.Leader.Length > 0 ? state : state with { Leader = leader };
        if (state.Identity != Identity)
            Set(StreamStandingKind.OtherStream, state.Last, $"{state.Identity} in place of {Identity}");
        else if (place.IsKnown && state.Last < judged)
            Set(StreamStandingKind.WentBack, state.Last);
        return !IsStill;
    }

    /// <summary>The place is as it should be.</summary>
    public void Sure()
    {
        // An entry behind it may still be damaged.
        if (Standing.Kind != StreamStandingKind.Damaged || Standing.Theirs <= place.Lanes.Number)
            Set(StreamStandingKind.Reading);
    }

    /// <summary>The next entry could be read.</summary>
    public void CouldRead()
    {
        if (Standing.Kind == StreamStandingKind.Damaged)
            Set(StreamStandingKind.Reading);
    }

    /// <summary>An entry is not to be had as it should be, however often it is asked for.</summary>
    public void InTrouble(ulong number) => Set(StreamStandingKind.Damaged, number);

    /// <summary>An entry is whole, and nothing that can be read here.</summary>
    public void CannotRead(ulong number, ParcelStatus status, in ParcelHead head)
    {
        if (status == ParcelStatus.Unknown)
            Set(StreamStandingKind.Unknown, number, $"version {head.Version}; this build reads {ParcelVersions.Oldest} to {ParcelVersions.Newest}");
        else
            Set(StreamStandingKind.Foreign, number, $"protocol {head.Protocol} in place of {protocol}");
    }

    /// <summary>The place is not as it should be.</summary>
    public void CannotBegin(PlaceStatus status, ulong number) => Set(
        status switch
        {
            PlaceStatus.Forked => StreamStandingKind.Forked,
            PlaceStatus.Retention => StreamStandingKind.Retention,
            _ => StreamStandingKind.NoTable,
        },
        number);

    private void Set(StreamStandingKind kind, ulong theirs = 0, string text = "") => Standing = new StreamStanding(kind, place.Lanes.Number, theirs, text);
}
