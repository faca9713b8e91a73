using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Framed.CatchUp;
using Dynode.Broadcast.Framed.Clients;
using Dynode.Broadcast.Framed.Placement;
using Dynode.Broadcast.Framed.Regions;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Framed.Servers;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Protocols;
using Dynode.Protocols.Policies;

namespace Dynode.Broadcast.Framed;

/// <summary>The rooms of the framed protocols, put together: what <see cref="FramedClientele"/> runs in its turns. Nothing runs in it by itself.</summary>
internal sealed class FramedRooms
{
    public FramedRooms(DataPlane plane, Turns turns, BackendDirectory backends, Admission admission, IProtocol protocol, IReplyPolicy policy, IReplyRelief relief, OrderedLog? ordered)
    {
        Log = new SharedLog(plane.Pool, protocol) { NotesClasses = ordered is not null };
        Memory = new MemoryWaiters(plane.Pool, turns);
        Ring = new SlotRing(plane.Settings.InFlightMax);
        Replies = new ReplyMemory(plane.Pool, relief);
        var waiting = ordered is null ? null : new Waiting(plane.Settings.InFlightMax, Replies, Durations);
        Own = new OwnAnswers(Ring, Replies, protocol, waiting);
        Slow = new SlowLog(Durations, plane, new RateLimit(plane.Clock, BackendReport.Interval));
        var framing = new FramingInForce(plane);
        var answers = new AnswerQueue(Ring, Replies, protocol, Durations, Own);
        var access = new AccessedRequests(plane, protocol, Durations);
        var decisions = new Decisions(Slow, access);
        var kept = new KeptReplies(Replies);
        var ledger = new VoteLedger(Ring, policy, new Divergence(plane.Logger, new RateLimit(plane.Clock, BackendReport.Interval)));
        var voting = new Voting(Ring, ledger, kept, answers, Replies, decisions);
        var streams = new StreamedReplies(Ring, ledger, kept, answers, decisions);
        bool ignoresReplies = plane.Settings is { Protocol: Protocol.Line, Framing.RepliesPerLine: 0 };
        var marks = new PlaceMarks();
        var ranges = ordered is null ? null : new RangeBook();
        var places = ordered is null ? null : new ServerPlaces(plane, ordered, marks, turns.Wake);
        CatchUps = places is null ? null : new ServerCatchUps(new CatchUpParts(plane, protocol, turns, Log, marks, Memory, places));
        var once = ordered is not null && plane.Settings.ExactlyOnce && protocol.Batches is not null ? marks : null;
        Deliveries = new FramedDeliveries(new ServerParts(plane, protocol, framing, turns, Log, Ring, voting, streams, Replies, new ReplyPacing(Ring, ledger, Replies), Paused, Memory, Durations, ignoresReplies, once, CatchUps, ranges), backends, places);
        var room = new LogEntryRoom(plane, Ring, voting, Deliveries);
        var outbox = waiting is null ? null : new Outbox(plane, waiting, Own, Deliveries);
        Held = new HoldQueue(turns, room);
        HeldAway = outbox is null ? null : new HoldQueue(turns, outbox);
        var cursors = new CursorOrigins(Deliveries, policy);
        var entrance = new LogEntrance(Log, Ring, answers, voting, Deliveries, cursors, access);
        var away = outbox is null ? null : new OutboxEntrance(HeldAway!, outbox, Memory, access);
        var sequencer = new Sequencer(entrance, Held, Ring, Own, Deliveries, Memory, cursors, Durations, access, away, isSilent: policy is NoReply);
        Parts = new ClientParts(plane, protocol, framing, turns, sequencer, answers, Own, Replies, Memory);
        Clients = new FramedClients(Parts, admission);
        Relief = new ClientRelief(Parts, Clients.All);
        if (ordered is null)
            return;
        var placement = new RequestPlacement(entrance, room, waiting!, Own, cursors, Durations, Memory, Deliveries, Log, marks, ranges!);
        Feed = new StreamFeed(plane, ordered.Log, new StreamParts(turns, Log, waiting!, outbox!, placement, new Patience(plane, waiting!, Own, Durations), marks, places!, Deliveries, Memory, new RegionReplies(plane, ordered, ranges!, Deliveries)));
        CatchUps!.Follow(Feed);
    }

    public SharedLog Log { get; }

    public SlotRing Ring { get; }

    public Durations Durations { get; } = new();

    public ReplyMemory Replies { get; }

    public OwnAnswers Own { get; }

    public SlowLog Slow { get; }

    public MemoryWaiters Memory { get; }

    public PausedReads Paused { get; } = new();

    public FramedDeliveries Deliveries { get; }

    public HoldQueue Held { get; }

    /// <summary>Who waits for room in the outbox; null: there is none.</summary>
    public HoldQueue? HeldAway { get; }

    /// <summary>Clients that wait for room.</summary>
    public int HeldCount => Held.Count + (HeldAway?.Count ?? 0);

    /// <summary>There may be memory again.</summary>
    public void TryMemoryAgain()
    {
        Held.TryMemoryAgain();
        HeldAway?.TryMemoryAgain();
    }

    /// <summary>Lets those go on that waited for room, and find some.</summary>
    public void ServeHeld(long now)
    {
        Held.Serve(now);
        HeldAway?.Serve(now);
    }

    /// <summary>Somebody who waits for room would find some in the next turn.</summary>
    public bool HaveRoomForHeld => (Held.Count > 0 && Held.HasRoomForFirst) || (HeldAway is { Count: > 0 } away && away.HasRoomForFirst);

    public ClientParts Parts { get; }

    public FramedClients Clients { get; }

    public ClientRelief Relief { get; }

    /// <summary>Where the order is a stream's; null: it is this broadcaster's own.</summary>
    public StreamFeed? Feed { get; }

    /// <summary>Of the servers that read that stream by themselves; null: there is none.</summary>
    public ServerCatchUps? CatchUps { get; }
}
