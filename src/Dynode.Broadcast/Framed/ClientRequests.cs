using Dynode.Log;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed;

/// <summary>
/// One client's way from bytes to requests in the log: <see cref="RequestIntake"/> holds the bytes, the protocol's reader finds
/// requests and judges them, and each is answered, put by, or handed to the sequencer, which may make it wait. In turns only.
/// </summary>
internal sealed class ClientRequests(FramedClient client, Sequencer sequencer, long clientId)
{
    private readonly IRequestReader _reader = sequencer.Protocol.NewRequestReader(clientId);
    private RequestIntake _intake = new(sequencer.Plane.Pool);
    private RequestVerdict _verdict;
    private PageChain? _collected;
    private byte[]? _keptReplacement;
    private byte[]? _keptAnswer;
    private int _fresh;
    private bool _isWhole;
    private bool _selects;

    /// <summary>A request has been judged, and could not go on yet.</summary>
    public bool Waits { get; private set; }

    /// <summary>Nothing is left to read or to hand on.</summary>
    public bool AreRead => !Waits && !_isWhole && (_intake.IsLarge ? _fresh == 0 : _intake.IsScanned);

    /// <summary>Bytes of a request that is not whole are here.</summary>
    public bool HasPart => _intake.HasPart;

    /// <summary>Bytes of a request or a transaction are held here, and no more is known of it.</summary>
    public bool HoldsPart => !Waits && HoldsMemory;

    /// <summary>Bytes of a request or a transaction are held here.</summary>
    public bool HoldsMemory => _intake.HasPart || _collected is { IsEmpty: false };

    /// <summary>Room to receive into; it belongs to the caller until it says what came.</summary>
    /// <returns>False: memory for half-received requests is spent.</returns>
    public bool TryTakeRoom(bool busy, out Memory<byte> room) => _intake.TryTakeRoom(busy, _reader.DeclaredLength, out room);

    /// <summary>Bytes came into the room.</summary>
    public void Received(int count)
    {
        _intake.Received(count);
        _fresh = count;
    }

    /// <summary>Holds no page while nothing is here.</summary>
    public void Rest() => _intake.Rest();

    /// <summary>The outcome of the client's request for another database.</summary>
    public void Settle(bool accepted)
    {
        _reader.Settle(accepted);
        _selects = false;
    }

    /// <summary>Nothing more is handed on; what the kernel may still write into stays.</summary>
    public void Close()
    {
        Waits = false;
        _collected?.Release();
    }

    /// <summary>Gives all memory back.</summary>
    public void Release()
    {
        _collected?.Release();
        _intake.Release();
    }

    /// <summary>Reads and hands on what has come. False: it cannot go on now, and the client will be signalled.</summary>
    public bool TryProcess()
    {
        while (true)
        {
            if (Waits)
            {
                if (!TrySubmit(_keptReplacement, _keptAnswer))
                    return false;
                Next();
                continue;
            }

            if (_selects || client.HasEnded || client.UnsentBytes > sequencer.Settings.ReplyBytesMax / 2)
                return false;
            if (!_isWhole)
            {
                var fresh = _intake.Unseen(_fresh);
                if (fresh.IsEmpty)
                    return true;
                var status = _reader.Advance(fresh, sequencer.Framing, out int consumed);
                _intake.Seen(consumed);
                _fresh -= consumed;
                if (status == FrameStatus.NeedMore)
                    return true;
                if (status == FrameStatus.Malformed)
                {
                    Refuse();
                    return false;
                }

                _isWhole = true;
            }

            // Of a large request the next one's first bytes must go before anybody takes its pages.
            if (_intake.IsLarge && !_intake.TryPutOver(_fresh))
                return sequencer.AwaitMemory(client);
            var scratch = sequencer.Scratch;
            scratch.Clear();
            _verdict = _reader.Judge(_intake.Head, scratch, sequencer.Framing);
            if (!TrySubmit(scratch.Replacement.WrittenSpan, scratch.Answer.WrittenSpan))
            {
                // Others will use the scratch meanwhile.
                Waits = true;
                _keptReplacement = scratch.Replacement.WrittenCount > 0 ? scratch.Replacement.WrittenSpan.ToArray() : null;
                _keptAnswer = scratch.Answer.WrittenCount > 0 ? scratch.Answer.WrittenSpan.ToArray() : null;
                return false;
            }

            Next();
        }
    }

    private void Refuse()
    {
        sequencer.Scratch.Clear();
        _reader.WriteFault(sequencer.Scratch.Answer);
        sequencer.Answers.Reply(client, sequencer.Scratch.Answer.WrittenSpan);
        sequencer.Clients.MalformedRequest(client);
        client.End("malformed request");
    }

    private void Next()
    {
        Waits = false;
        _isWhole = false;
        _keptReplacement = null;
        _keptAnswer = null;
        _intake.Next();
        if (_verdict.Closes)
            client.End("its own request");
    }

    private bool TrySubmit(ReadOnlySpan<byte> replacement, ReadOnlySpan<byte> answer)
    {
        switch (_verdict.Action)
        {
            case RequestAction.Answer:
                break;
            case RequestAction.DropCollected:
                _collected?.Release();
                break;
            case RequestAction.Collect:
                if (CollectedWith(replacement) > sequencer.Framing.RequestBytesMax)
                {
                    RefuseTransaction();
                    return true;
                }

                if (!TryCollect(replacement))
                    return sequencer.AwaitMemory(client);
                break;
            default:
                return TryForward(replacement);
        }

        sequencer.Answers.Reply(client, answer);
        return true;
    }

    private bool TryForward(ReadOnlySpan<byte> replacement)
    {
        // One client may fill an eighth of the ring; its own answers let it go on.
        if (client.PendingCount >= sequencer.PendingMax)
            return false;
        bool forwarded;

        // Before it is appended: with no server to ask, its outcome is there at once.
        _selects = _verdict.Selects >= 0;
        if (_verdict.Action == RequestAction.ForwardCollected)
        {
            // The last of it is put by as well, once; what was put by is then one request.
            if (_verdict.CutLength >= 0 && !TryCollect(replacement))
                return sequencer.AwaitMemory(client);
            _verdict = _verdict with { CutLength = -1 };
            bool isShort = _collected!.Length <= _collected.Head.Length;
            forwarded = sequencer.TryAppend(client, _verdict, isShort ? _collected.Head.Span : default, default, isShort ? null : _collected);
            if (forwarded)
                _collected.Release();
        }
        else if (!replacement.IsEmpty)
        {
            forwarded = sequencer.TryAppend(client, _verdict, replacement, default, null);
        }
        else if (_intake.IsLarge)
        {
            if (_verdict.CutLength > 0)
                _intake.Chain.Cut(_verdict.CutOffset, _verdict.CutLength);
            _verdict = _verdict with { CutLength = 0 };
            forwarded = sequencer.TryAppend(client, _verdict, default, default, _intake.Chain);
        }
        else
        {
            var request = _intake.Head;
            forwarded = sequencer.TryAppend(client, _verdict, request[.._verdict.CutOffset], request[(_verdict.CutOffset + _verdict.CutLength)..], null);
        }

        if (_verdict.Selects >= 0 && !forwarded)
            _selects = false;
        else if (_verdict.Selects >= 0 && sequencer.IsSilent)
            Settle(accepted: true);
        return forwarded;
    }

    private long CollectedWith(ReadOnlySpan<byte> replacement) =>
        (_collected?.Length ?? 0) + (!replacement.IsEmpty ? replacement.Length : _intake.IsLarge ? _intake.Chain.Length : _intake.Head.Length);

    private void RefuseTransaction()
    {
        var error = new System.Buffers.ArrayBufferWriter<byte>();
        sequencer.Protocol.WriteError(error, $"the transaction is longer than max_request_bytes={sequencer.Framing.RequestBytesMax}");
        sequencer.Answers.Reply(client, error.WrittenSpan);
        _collected?.Release();
        client.End("a transaction longer than max_request_bytes");
    }

    /// <summary>Puts the request by, behind the others of its transaction.</summary>
    private bool TryCollect(ReadOnlySpan<byte> replacement)
    {
        _collected ??= new PageChain();
        if (_intake.IsLarge && replacement.IsEmpty)
        {
            _collected.Append(_intake.Chain);
            return true;
        }

        var bytes = replacement.IsEmpty ? _intake.Head : replacement;
        while (true)
        {
            // A part that was copied before memory ran out stays copied: so it must fit, or nothing of it is.
            if (_collected.Room.Length < bytes.Length)
            {
                var size = _collected.IsEmpty && bytes.Length <= PagePool.SmallPageBytes / 4 ? PageSize.Small : PageSize.Large;
                if (!sequencer.Plane.Pool.TryRent(size, MemoryShare.Requests, out var page))
                    return false;
                _collected.Add(page);
                continue;
            }

            _collected.Write(bytes);
            return true;
        }
    }
}
