using System.IO.Hashing;
using Dynode.Broadcast.Framed.Answers;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// A reply of one connection that does not fit into one read, part by part: hashed as it passes, and streamed to its client, or
/// collected as far as that may be, or forgotten. In turns only.
/// </summary>
internal sealed class LongReply(Voter voter, ServerParts parts)
{
    private readonly XxHash3 _hash = new();
    private KeptReply? _collected;
    private IAnswered? _owner;
    private LargeReplyFate _fate;
    private long _number;
    private long _bytes;
    private long _counted;

    /// <summary>Some of it has come, and not all.</summary>
    public bool IsUnderWay { get; private set; }

    /// <summary>By its first part, where replies are told to other regions.</summary>
    public ReplyForm Form { get; set; }

    /// <summary>It goes to its client from here.</summary>
    public bool IsStreaming => IsUnderWay && _fate == LargeReplyFate.Stream;

    /// <summary>Its first part comes.</summary>
    /// <param name="number">Of the request.</param>
    /// <param name="isClients">It is the one that a client may get.</param>
    /// <param name="isError">It says that the request was refused.</param>
    public void Begin(long number, bool isClients, bool isError)
    {
        _hash.Reset();
        (_number, _bytes, IsUnderWay) = (number, 0, true);
        _fate = isClients ? parts.Streams.Begin(voter, number, isError) : LargeReplyFate.Hash;
        if (_fate == LargeReplyFate.Collect)
            (_collected, _owner) = (parts.Replies.Take(), parts.Ring[number].Client);
    }

    /// <summary>A part of it.</summary>
    public void Add(ReadOnlySpan<byte> part)
    {
        _hash.Append(part);
        _bytes += part.Length;
        if (_fate == LargeReplyFate.Stream)
        {
            parts.Streams.Stream(_number, part);
        }
        else if (_collected is { IsLost: false } collected)
        {
            Collect(collected, part);
        }
    }

    /// <summary>Its last part has come.</summary>
    /// <returns>By what it is compared.</returns>
    public ulong Complete()
    {
        IsUnderWay = false;

        return (parts.Ring.Holds(_number) ? parts.Ring[_number].Class : ReplyClass.Compared) switch
        {
            // Of elements in any order that are too many for one read nothing but their length is compared: none is kept to be looked at.
            ReplyClass.Unordered or ReplyClass.UnorderedPairs => (ulong)_bytes,

            // What is so long is no error: what was asked was done.
            ReplyClass.Outcome => parts.Protocol.Hash("*"u8, ReplyClass.Outcome),
            _ => _hash.GetCurrentHashAsUInt64(),
        };
    }

    /// <summary>Votes with it, complete, where it is what its request was answered.</summary>
    public void Vote(bool isError, uint hash)
    {
        if (_fate == LargeReplyFate.Stream)
        {
            parts.Streams.Streamed(voter, _number, hash);
            return;
        }

        // One that was only hashed, because nobody would want its bytes, still votes.
        var collected = TakeCollected() ?? parts.Replies.Lost();
        parts.Voting.Replied(voter, _number, default, collected, isError, hash);
    }

    /// <summary>The connection is gone.</summary>
    public void End()
    {
        if (IsStreaming)
            parts.Streams.Tear(voter, _number);
        if (TakeCollected() is { } collected)
            parts.Replies.Give(collected);
        IsUnderWay = false;
    }

    private void Collect(KeptReply collected, ReadOnlySpan<byte> part)
    {
        var loss = collected.Length + part.Length > parts.Plane.Settings.ReplyBytesMax ? ReplyLoss.TooLong
            : _owner!.IsTorn || !parts.Replies.TryKeep(collected, part) ? ReplyLoss.NoMemory
            : ReplyLoss.None;
        long before = _counted;
        if (loss != ReplyLoss.None)
            parts.Replies.Lose(collected, loss);
        _counted = collected.Length;
        _owner!.Owes(_counted - before);
    }

    /// <summary>What was collected; whoever gets it counts it for the client.</summary>
    private KeptReply? TakeCollected()
    {
        var collected = _collected;
        _collected = null;
        _owner?.Owes(-_counted);
        (_owner, _counted) = (null, 0);
        return collected;
    }
}
