using Dynode.Broadcast.Plane;
using Dynode.Log;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Clients;

/// <summary>
/// One client's way from bytes to requests in the log: <see cref="RequestIntake"/> holds the bytes, the protocol's reader finds
/// requests and judges them, and each is answered, put by, or handed to the sequencer, which may make it wait. In turns only.
/// </summary>
internal struct ClientRequests(FramedClient client, long clientId)
{
    private readonly IRequestReader _reader = client.Parts.Protocol.NewRequestReader(clientId);
    private RequestIntake _intake = new(client.Parts.Plane.Pool);
    private PageChain? _collected;
    private HeldRequest? _held;
    private int _fresh;
    private bool _isWhole;
    private bool _isOver;
    private bool _selects;

    /// <summary>A request is here, of more than its client may send now; it is signalled when it may.</summary>
    public bool IsPaced { get; private set; }

    /// <summary>A request has been judged, and could not go on yet.</summary>
    public readonly bool Waits => _held is not null;

    /// <summary>Nothing is left to read or to hand on.</summary>
    public readonly bool AreRead => !Waits && !_isWhole && (_intake.IsLarge ? _fresh == 0 : _intake.IsScanned);

    /// <summary>Bytes of a request that is not whole are here.</summary>
    public readonly bool HasPart => _intake.HasPart;

    /// <summary>Bytes of a request or a transaction are held here, and no more is known of it.</summary>
    public readonly bool HoldsPart => !Waits && HoldsMemory;

    /// <summary>Memory that is held here, in bytes.</summary>
    public readonly long MemoryBytes => _intake.MemoryBytes + (_collected?.PageBytes ?? 0);

    /// <summary>Bytes of a request or a transaction are held here.</summary>
    public readonly bool HoldsMemory => _intake.HasPart || _collected is { IsEmpty: false };

    /// <summary>Room to receive into; it belongs to the caller until it says what came.</summary>
    /// <returns>False: memory for half-received requests is spent.</returns>
    public bool TryTakeRoom(bool busy, out Memory<byte> room) => _intake.TryTakeRoom(busy && !client.Parts.Paces.KeepsPagesSmall, _reader.DeclaredLength, out room);

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

    /// <summary>What goes nowhere should the client be gone now.</summary>
    /// <param name="part">In words, for the log.</param>
    /// <param name="bytes">How much.</param>
    /// <returns>False: nothing, or it is closed for what it sent, or by its own request.</returns>
    public readonly bool TryTellPart(out string part, out long bytes)
    {
        bytes = _isOver ? 0 : _intake.Bytes;
        part = bytes == 0 ? "" : _reader.Length > 0 ? _reader.Part + Beginning.Hint(_intake.Head) : $"{bytes} bytes of requests that were not taken yet";
        return bytes > 0;
    }

    /// <summary>Nothing more is handed on; what the kernel may still write into stays.</summary>
    public void Close()
    {
        Unhold();
        _collected?.Release();
    }

    /// <summary>Gives all memory back.</summary>
    public void Release()
    {
        _collected?.Release();
        _intake.Release();
    }

    /// <summary>Reads and hands on what has come. False: it cannot go on now, and the client will be signalled.</summary>
    public bool TryProcess(long now)
    {
        int rate = client.Parts.Paces.Rate;
        var pace = client.Parts.Paces.Of(client);
        IsPaced = false;
        while (true)
        {
            if (_held is { } held)
            {
                if (!TrySubmit(ref held.Verdict, held.Replacement, held.Answer))
                    return false;
                Next(held.Verdict.Closes);
                pace?.Take(now, rate);
                continue;
            }

            if (_selects || client.HasEnded || client.Answers.UnsentBytes > client.Parts.Plane.Settings.ReplyBytesMax / 2)
                return false;
            if (!_isWhole)
            {
                var fresh = _intake.Unseen(_fresh);
                if (fresh.IsEmpty)
                    return true;
                if (pace?.MayGoOn(now, rate) == false)
                {
                    IsPaced = true;
                    client.Parts.Paces.Await(pace);
                    return false;
                }

                var status = _reader.Advance(fresh, client.Parts.Framing.Settings, out int consumed);
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
                return client.Parts.Memory.AwaitRequest(client);
            var scratch = client.Parts.Scratch;
            scratch.Clear();
            var verdict = _reader.Judge(_intake.Head, scratch, client.Parts.Framing.Settings);
            if (!TrySubmit(ref verdict, scratch.Replacement.WrittenSpan, scratch.Answer.WrittenSpan))
            {
                // Others will use the scratch meanwhile.
                _held = client.Parts.Held.Take();
                _held.Keep(verdict, scratch);
                return false;
            }

            Next(verdict.Closes);
            pace?.Take(now, rate);
        }
    }

    private void Refuse()
    {
        client.Parts.Scratch.Clear();
        _reader.WriteFault(client.Parts.Scratch.Answer);
        client.Parts.Own.Reply(client.Answers, client.Parts.Scratch.Answer.WrittenSpan);
        EndFor(_reader.Fault + Beginning.Hint(_intake.Head));
    }

    /// <summary>The client is closed: for what it sent, or, where that was no fault, as it asked for.</summary>
    private void EndFor(string fault)
    {
        _isOver = true;
        if (fault.Length > 0)
            client.EndMalformed(fault);
        else
            client.End(ClientEnd.OwnRequest);
    }

    /// <summary>A request that could not go on yet is left where it is.</summary>
    public void Unhold()
    {
        if (_held is { } held)
            client.Parts.Held.Give(held);
        _held = null;
    }

    private void Next(bool closes)
    {
        Unhold();
        _isWhole = false;
        _intake.Next();
        if (closes)
            EndFor(_reader.Fault);
    }

    private bool TrySubmit(ref RequestVerdict verdict, ReadOnlySpan<byte> replacement, ReadOnlySpan<byte> answer)
    {
        switch (verdict.Action)
        {
            case RequestAction.Answer:
                break;
            case RequestAction.DropCollected:
                _collected?.Release();
                break;
            case RequestAction.Collect:
                if (CollectedWith(replacement) > client.Parts.Framing.Settings.RequestBytesMax)
                {
                    RefuseTransaction();
                    return true;
                }

                if (!TryCollect(replacement))
                    return client.Parts.Memory.AwaitRequest(client);
                break;
            default:
                return TryForward(ref verdict, replacement);
        }

        client.Parts.Own.Reply(client.Answers, answer);
        return true;
    }

    private bool TryForward(ref RequestVerdict verdict, ReadOnlySpan<byte> replacement)
    {
        // One client may fill an eighth of the ring; its own answers let it go on.
        if (client.Answers.PendingCount >= client.Parts.Sequencer.PendingMax)
            return false;
        bool forwarded;

        // Before it is appended: with no server to ask, its outcome is there at once.
        _selects = verdict.Selects >= 0;
        if (verdict.Action == RequestAction.ForwardCollected)
        {
            // The last of it is put by as well, once; what was put by is then one request.
            if (verdict.CutLength >= 0 && !TryCollect(replacement))
                return client.Parts.Memory.AwaitRequest(client);
            verdict = verdict with { CutLength = -1 };
            bool isShort = _collected!.Length <= _collected.Head.Length;
            forwarded = client.Parts.Sequencer.TryAppend(client, verdict, isShort ? _collected.Head.Span : default, default, isShort ? null : _collected);
            if (forwarded)
                _collected.Release();
        }
        else if (!replacement.IsEmpty)
        {
            forwarded = client.Parts.Sequencer.TryAppend(client, verdict, replacement, default, null);
        }
        else if (_intake.IsLarge)
        {
            if (verdict.CutLength > 0)
                _intake.Chain.Cut(verdict.CutOffset, verdict.CutLength);
            verdict = verdict with { CutLength = 0 };
            forwarded = client.Parts.Sequencer.TryAppend(client, verdict, default, default, _intake.Chain);
        }
        else
        {
            var request = _intake.Head;
            forwarded = client.Parts.Sequencer.TryAppend(client, verdict, request[..verdict.CutOffset], request[(verdict.CutOffset + verdict.CutLength)..], null);
        }

        if (verdict.Selects >= 0 && !forwarded)
            _selects = false;
        else if (verdict.Selects >= 0 && client.Parts.Sequencer.IsSilent)
            Settle(accepted: true);
        return forwarded;
    }

    private readonly long CollectedWith(ReadOnlySpan<byte> replacement) =>
        (_collected?.Length ?? 0) + (!replacement.IsEmpty ? replacement.Length : _intake.IsLarge ? _intake.Chain.Length : _intake.Head.Length);

    private void RefuseTransaction()
    {
        var error = new System.Buffers.ArrayBufferWriter<byte>();
        string fault = $"the transaction is longer than max_request_bytes={client.Parts.Framing.Settings.RequestBytesMax}";
        client.Parts.Protocol.WriteError(error, fault);
        client.Parts.Own.Reply(client.Answers, error.WrittenSpan);
        _collected?.Release();
        EndFor(fault);
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
                if (!client.Parts.Plane.Pool.TryRent(size, MemoryShare.Requests, out var page))
                    return false;
                _collected.Add(page);
                continue;
            }

            _collected.Write(bytes);
            return true;
        }
    }
}
