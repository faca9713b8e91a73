using System.Buffers;
using NATS.Client.Core;

namespace Dynode.Streams.Nats;

/// <summary>
/// Everything that comes for one subject goes to one who takes it, where it is read. What a consumer is asked for comes under the entries' own subjects, and is told by its
/// subscription alone.
/// </summary>
internal sealed class NatsSubscription(NatsConnection connection, string subject, INatsReplies replies, Action<Exception> fault)
    : NatsSubBase(connection, connection.SubscriptionManager, subject, null, null)
{
    protected override ValueTask ReceiveInternalAsync(string subject, string? replyTo, ReadOnlySequence<byte>? headersBuffer, ReadOnlySequence<byte> payloadBuffer)
    {
        try
        {
            ReadOnlySequence<byte> header = headersBuffer ?? default;
            replies.Take(replyTo, header.IsSingleSegment ? header.FirstSpan : header.ToArray(), payloadBuffer);
        }
        catch (Exception e)
        {
            // The library would end the subscription, and say so to nobody.
            fault(e);
        }

        return default;
    }

    protected override void TryComplete()
    {
    }
}
