using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Framed.Servers;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Log;
using Dynode.Protocols.Policies;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Broadcast.Framed;

/// <summary>The parts of the framed data plane that decide, without a socket and with a clock that stands still; and servers that are only names.</summary>
internal sealed class FramedParts
{
    private readonly Sequencer _sequencer;

    public FramedParts(IReplyPolicy policy, int servers, int slotsMax, long memoryMax = 64 << 20)
    {
        Plane = new DataPlane(
            new BroadcastSettings { Protocol = Protocol.Line, InFlightMax = slotsMax, MemoryBytesMax = memoryMax },
            NullLogger.Instance,
            new FakeTimeProvider());
        var backends = new BackendDirectory(Plane);
        _sequencer = new Sequencer(Plane, backends, new Admission(Plane, backends, sharesConnections: true), new MarkedProtocol(), policy);
        Servers = [.. Enumerable.Range(0, servers).Select(id => new FramedDelivery(_sequencer, new Backend(Address(id), Plane), id))];
    }

    public DataPlane Plane { get; }

    public PagePool Pool => Plane.Pool;

    public FramedDelivery[] Servers { get; }

    public SlotRing Ring => _sequencer.Ring;

    public ReplyMemory Memory => _sequencer.Memory;

    public AnswerQueue Answers => _sequencer.Answers;

    public Voting Voting => _sequencer.Voting;

    /// <summary>Those servers, by rank, of all.</summary>
    public VoterSet Voters(params int[] ranks) => new([.. ranks.Select(id => Servers[id])], [.. Servers]);

    private static BackendAddress Address(int id) =>
        BackendAddress.TryParse($"127.0.0.1:{id + 1}", out var address, out _) ? address : throw new InvalidOperationException();
}
