using System.Buffers;
using System.Collections.Immutable;
using Dynode.Broadcast.Plane;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>
/// What we answer ourselves, behind all that the client waits for: behind its newest request that has a slot, or that <see cref="Waiting"/> holds
/// (null: every request has its place at once). It counts our errors. In turns only.
/// </summary>
internal sealed class OwnAnswers(SlotRing ring, ReplyMemory memory, IProtocol protocol, Waiting? waiting)
{
    private readonly ArrayBufferWriter<byte> _error = new(256);
    private readonly long[] _errors = new long[Enum.GetValues<ErrorReason>().Length];

    /// <summary>Errors of our own so far, one entry for each reason.</summary>
    public ImmutableArray<ErrorCount> Errors => [.. Enum.GetValues<ErrorReason>().Select(reason => new ErrorCount(reason, _errors[(int)reason]))];

    /// <summary>An answer of our own, sent behind those of all earlier requests of the client.</summary>
    public void Reply(IAnswered client, ReadOnlySpan<byte> answer)
    {
        if (answer.IsEmpty)
            return;
        if (protocol.Classify(answer) != ReplyKind.Normal)
            _errors[(int)ErrorReason.Refused]++;
        Append(client, answer);
    }

    /// <summary>An error of our own, sent so.</summary>
    public void ReplyError(IAnswered client, string text) => Reply(client, Error(text));

    /// <summary>The same, counted by its reason.</summary>
    public void ReplyError(IAnswered client, ErrorReason reason, string text) => Append(client, Error(reason, text));

    /// <summary>An error in place of the answer to a request that gets no place, though earlier ones of its client wait for theirs.</summary>
    /// <param name="client">Null: it is gone.</param>
    /// <param name="number">Of the request, in <see cref="Waiting"/>; it waits no more.</param>
    /// <param name="isToAnswer">It gets an answer.</param>
    /// <param name="reason">Why.</param>
    /// <param name="text">In words.</param>
    public void Refuse(IAnswered? client, long number, bool isToAnswer, ErrorReason reason, string text)
    {
        var trailer = waiting!.Withdraw(number, out long before);
        if (client is not null && isToAnswer && before < 0)
            Settle(client, reason, text);
        else if (client is not null && isToAnswer && !waiting.TryTrail(client, before, Error(reason, text)))
            client.Tear(ClientEnd.OfMemory("no memory for what waits for it"));
        if (trailer is null)
            return;
        if (before < 0 || client is null)
            Trail(client, trailer);
        else
            waiting.Trail(client, before, trailer);
    }

    /// <summary>An error in place of the answer to its oldest request that had no place, before all later ones that have none.</summary>
    public void Settle(IAnswered client, ErrorReason reason, string text) => Write(client, Error(reason, text));

    /// <summary>Answers of our own that have waited behind a request without a place, which has one now or will be waited for no more.</summary>
    /// <param name="client">Null: it is gone.</param>
    /// <param name="kept">Taken over.</param>
    public void Trail(IAnswered? client, KeptReply kept)
    {
        if (client is null)
        {
            memory.Give(kept);
            return;
        }

        long length = kept.Length;
        if (client.LastPending < 0)
        {
            client.Owes(-length);
            memory.Give(kept, client);
            return;
        }

        // It stays owed, behind another request.
        ref var trailer = ref ring[client.LastPending].Trailer;
        if (trailer is null)
        {
            trailer = kept;
            return;
        }

        if (!memory.TryMove(kept, trailer))
        {
            client.Owes(-length);
            client.Tear(ClientEnd.OfMemory("no memory for what waits for it"));
        }

        memory.Give(kept);
    }

    /// <summary>An error's bytes; of meaning until the next one's.</summary>
    public ReadOnlySpan<byte> Error(string text)
    {
        _error.ResetWrittenCount();
        protocol.WriteError(_error, text);
        return _error.WrittenSpan;
    }

    /// <summary>The same, counted.</summary>
    public ReadOnlySpan<byte> Error(ErrorReason reason, string text)
    {
        _errors[(int)reason]++;
        return Error(text);
    }

    /// <summary>In place of a reply whose bytes are gone. Where the client asked for too much, no server is at fault.</summary>
    public ReadOnlySpan<byte> Lost(ReplyLoss loss)
    {
        bool isShort = loss == ReplyLoss.NoMemory;
        if (isShort)
            return Error(ErrorReason.NoMemory, AnswerText.ReplyLost);
        _errors[(int)ErrorReason.TooLong]++;
        _error.ResetWrittenCount();
        protocol.WriteRefusal(_error, AnswerText.ReplyTooLong);
        return _error.WrittenSpan;
    }

    /// <summary>The client is gone: nobody waits for what has no place yet.</summary>
    public void Leave(IAnswered client) => waiting?.Leave(client);

    private void Append(IAnswered client, ReadOnlySpan<byte> answer)
    {
        if (client.LastUnplaced < 0)
            Write(client, answer);
        else if (!waiting!.TryTrail(client, client.LastUnplaced, answer))
            client.Tear(ClientEnd.OfMemory("no memory for what waits for it"));
    }

    private void Write(IAnswered client, ReadOnlySpan<byte> answer)
    {
        if (client.LastPending < 0)
        {
            client.Write(answer);
            return;
        }

        var trailer = ring[client.LastPending].Trailer ??= memory.Take();
        if (memory.TryAppend(trailer, answer))
            client.Owes(answer.Length);
        else
            client.Tear(ClientEnd.OfMemory("no memory for what waits for it"));
    }
}
