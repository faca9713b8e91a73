using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using NATS.Client.Core;

namespace Dynode.Streams.Nats;

/// <summary>
/// All replies to one connection: one subscription, a number for each request. There is no channel between: what comes is given on where it is read, so the
/// library has nothing that it could drop.
/// </summary>
internal sealed class NatsInbox(NatsConnection connection, string prefix, Action<Exception> fault)
    : NatsSubBase(connection, connection.SubscriptionManager, $"{prefix}.*", null, null)
{
    private readonly ConcurrentDictionary<int, INatsReplies> _replies = new();
    private int _last;

    /// <summary>What only it is asked for may come to: nobody can guess it.</summary>
    public static string NewPrefix() => $"_INBOX.{Nuid.NewNuid()}";

    /// <summary>Where replies are sent, for as long as it is not taken out again.</summary>
    public string Enter(INatsReplies replies, out int number)
    {
        number = Interlocked.Increment(ref _last);
        _replies[number] = replies;
        return string.Create(CultureInfo.InvariantCulture, $"{prefix}.{number}");
    }

    public void Leave(int number) => _replies.TryRemove(number, out _);

    /// <summary>All who asked this have no reply.</summary>
    /// <returns>False: nobody did.</returns>
    public bool Fail(string subject, NatsTrouble why)
    {
        bool any = false;
        foreach (INatsReplies each in _replies.Values.Where(each => each.Subject == subject))
        {
            each.Fail(why);
            any = true;
        }

        return any;
    }

    /// <summary>Nobody has a reply any more.</summary>
    public void FailAll(NatsTrouble why)
    {
        foreach (INatsReplies each in _replies.Values)
            each.Fail(why);
    }

    protected override ValueTask ReceiveInternalAsync(string subject, string? replyTo, ReadOnlySequence<byte>? headersBuffer, ReadOnlySequence<byte> payloadBuffer)
    {
        if (subject.Length > prefix.Length + 1 && int.TryParse(subject.AsSpan(prefix.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && _replies.TryGetValue(number, out INatsReplies? replies))
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
        }

        return default;
    }

    protected override void TryComplete()
    {
    }
}
