using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Plane;
using Dynode.Log;
using Dynode.Protocols;
using Dynode.Protocols.Policies;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Broadcast.Framed;

/// <summary>The parts of the framed data plane that decide, without a socket and with a clock that stands still; and servers that are only names.</summary>
internal sealed class FramedParts : IRequestNames, IReplyRelief
{
    public FramedParts(IReplyPolicy policy, int servers, int slotsMax, long memoryMax = 64 << 20, ILogger? logger = null)
    {
        Plane = new DataPlane(
            new BroadcastSettings { Protocol = Protocol.Line, InFlightMax = slotsMax, MemoryBytesMax = memoryMax },
            logger ?? NullLogger.Instance,
            Time);
        Ring = new SlotRing(slotsMax);
        Memory = new ReplyMemory(Plane.Pool, this);
        Waiting = new Waiting(slotsMax, Memory, Durations);
        Own = new OwnAnswers(Ring, Memory, new MarkedProtocol(), Waiting);
        Answers = new AnswerQueue(Ring, Memory, new MarkedProtocol(), Durations, Own);
        Slow = new SlowLog(Durations, Plane, new RateLimit(Plane.Clock, BackendReport.Interval));
        Access = new AccessedRequests(Plane, new MarkedProtocol(), Durations);
        var decisions = new Decisions(Slow, Access);
        var kept = new KeptReplies(Memory);
        var ledger = new VoteLedger(Ring, policy, new Divergence(Plane.Logger, new RateLimit(Plane.Clock, BackendReport.Interval)));
        Voting = new Voting(Ring, ledger, kept, Answers, Memory, decisions);
        Streams = new StreamedReplies(Ring, ledger, kept, Answers, decisions);
        Pacing = new ReplyPacing(Ring, ledger, Memory);
        Servers = [.. Enumerable.Range(0, servers).Select(id => new Voter(id, Address(id), new BackendCounters(), this))];
    }

    public FakeTimeProvider Time { get; } = new();

    public DataPlane Plane { get; }

    public Durations Durations { get; } = new();

    public SlowLog Slow { get; }

    public AccessedRequests Access { get; }

    public PagePool Pool => Plane.Pool;

    public Voter[] Servers { get; }

    public SlotRing Ring { get; }

    public ReplyMemory Memory { get; }

    public Waiting Waiting { get; }

    public OwnAnswers Own { get; }

    public AnswerQueue Answers { get; }

    public Voting Voting { get; }

    public StreamedReplies Streams { get; }

    public ReplyPacing Pacing { get; }

    /// <summary>Whether clients that take what they get might be closed: for each time that memory was spent.</summary>
    public List<bool> Asked { get; } = [];

    /// <summary>Those servers, by rank, of all.</summary>
    public VoterSet Voters(params int[] ranks) => new([.. ranks.Select(id => Servers[id])], [.. Servers]);

    /// <inheritdoc/>
    public bool TryRelieve(bool evenOfTakers)
    {
        Asked.Add(evenOfTakers);
        return false;
    }

    /// <inheritdoc/>
    public RequestName Describe(long number, out long? length)
    {
        length = Length;
        return length is null ? new("?", "") : new("NAMED", "key");
    }

    /// <summary>Of a request that a server still knows; null: none does.</summary>
    public long? Length { get; set; }

    private static BackendAddress Address(int id) =>
        BackendAddress.TryParse($"127.0.0.1:{id + 1}", out var address, out _) ? address : throw new InvalidOperationException();
}
