using System.Buffers;
using System.Net;
using Dynode.Broadcast.Plane;
using Dynode.Log;
using Dynode.Protocols;
using Dynode.Protocols.Policies;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>
/// The access log of requests: one in so many that enter the log is remembered by what it is called, while its bytes are at hand, and has
/// its line when it is decided, or at once where nobody waits for it. Where it is off, it costs a look at the settings. In turns only.
/// </summary>
internal sealed class AccessedRequests(DataPlane plane, IProtocol protocol, Durations durations)
{
    /// <summary>Name and first key stand within so many bytes, or are too long to be shown whole.</summary>
    private const int HeadBytes = 512;

    private readonly Dictionary<long, Accessed> _open = [];
    private int _passed;

    /// <summary>Some wait for their line.</summary>
    public bool AreOpen => _open.Count > 0;

    /// <summary>A request is about to enter the log.</summary>
    /// <returns>Null: it is not to have a line.</returns>
    public Accessed? Take(IAnswered client, ReadOnlySpan<byte> first, ReadOnlySpan<byte> rest, PageChain? chain)
    {
        var settings = plane.Settings;
        if (settings.AccessLog != AccessLogging.Requests || ++_passed < settings.AccessLogSample)
            return null;
        _passed = 0;
        var head = chain is null ? first : chain.Head.Span;
        if (!rest.IsEmpty && head.Length < HeadBytes)
        {
            var joined = new ArrayBufferWriter<byte>(HeadBytes);
            joined.Write(head);
            joined.Write(rest[..Math.Min(rest.Length, HeadBytes)]);
            head = joined.WrittenSpan;
        }

        return new(client.Address, protocol.Describe(head), chain?.Length ?? first.Length + rest.Length);
    }

    /// <summary>It has entered the log; its line comes when it is decided.</summary>
    public void Entered(long number, Accessed request) => _open[number] = request;

    /// <summary>It has entered the log, and nobody waits for it.</summary>
    public void Passed(long number, Accessed request) => Say(number, request, 0, "nobody");

    /// <summary>A request is decided.</summary>
    public void Decided(long number, in Slot slot, PolicyVerdict verdict)
    {
        if (!_open.Remove(number, out var request))
            return;
        string whose = verdict.Action switch
        {
            PolicyAction.Answer => slot.Voters!.Voters[verdict.Rank].Address.ToString(),
            PolicyAction.AnswerAll => "all",
            PolicyAction.Silence => "nobody",
            _ => "dynode",
        };
        Say(number, request, durations.Since(slot.OpenedAt).TotalSeconds, whose);
    }

    private void Say(long number, Accessed request, double seconds, string whose) =>
        plane.Logger.RequestAccessed(number, request.Client, request.Name.Command, request.Name.Key, request.Bytes, seconds, whose);

    /// <summary>A request that is to have a line.</summary>
    /// <param name="client">Whose it is.</param>
    /// <param name="name">What it is called.</param>
    /// <param name="bytes">As it is forwarded.</param>
    internal sealed class Accessed(EndPoint? client, RequestName name, long bytes)
    {
        public EndPoint? Client => client;

        public RequestName Name => name;

        public long Bytes => bytes;
    }
}
