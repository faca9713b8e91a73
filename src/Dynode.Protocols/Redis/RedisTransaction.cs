using System.Buffers;

namespace Dynode.Protocols.Redis;

/// <summary>
/// One client's MULTI. What is in it is put by, and reaches the servers in one piece with EXEC, or never.
/// <code>
///   closed ─MULTI─▶ open ─a request─▶ open ─EXEC─▶ closed, forwarded
///                    └─a refused one─▶ spoilt ─EXEC─▶ closed, EXECABORT
///   open or spoilt ─DISCARD, RESET─▶ closed
/// </code>
/// The default value is closed. A mutable struct, owned by its client's reader.
/// </summary>
internal struct RedisTransaction
{
    /// <summary>The most requests between MULTI and EXEC.</summary>
    public const int RequestsMax = 65_535;

    private int _cursor;
    private ushort _queued;
    private bool _spoilt;
    private bool _own;
    private bool _runsProgram;

    /// <summary>MULTI was taken, and its end was not.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>MULTI, which is itself put by.</summary>
    public RequestVerdict Begin(IBufferWriter<byte> answer)
    {
        this = new() { IsOpen = true };
        RespWriter.WriteSimple(answer, "OK"u8);
        return new() { Action = RequestAction.Collect };
    }

    /// <summary>A request that the servers are to execute.</summary>
    public RequestVerdict Queue(ReplyClass replyClass, IBufferWriter<byte> answer)
    {
        if (_queued == RequestsMax)
        {
            RespWriter.WriteError(answer, "ERR a transaction holds at most 65535 requests: it is discarded; use a Lua script"u8);
            return Spoil();
        }

        RespWriter.WriteSimple(answer, "QUEUED"u8);
        if (_spoilt) return new() { Action = RequestAction.Answer };
        _queued++;
        _runsProgram |= replyClass == ReplyClass.Outcome;
        _own |= replyClass is not (ReplyClass.Compared or ReplyClass.Outcome);
        return new() { Action = RequestAction.Collect };
    }

    /// <summary>What was queued last goes on from a cursor. All of a transaction is one server's answer, and what cursors it gives are not marked.</summary>
    public void GoOn(int cursor)
    {
        if (cursor != RequestVerdict.CursorBegins) _cursor = _cursor == 0 || _cursor == cursor ? cursor : RequestVerdict.CursorUnknown;
    }

    /// <summary>A request that got an error at once: nothing of the transaction can be executed any more, so nothing of it is kept.</summary>
    public RequestVerdict Spoil()
    {
        bool kept = IsOpen && !_spoilt;
        _spoilt = IsOpen;
        return new() { Action = kept ? RequestAction.DropCollected : RequestAction.Answer };
    }

    /// <summary>EXEC. Of the replies to all of it, EXEC's is the client's.</summary>
    public RequestVerdict Execute(int database, byte protocol, IBufferWriter<byte> answer)
    {
        (bool spoilt, int queued, int cursor) = (_spoilt, _queued, _cursor);
        var replyClass = _own ? ReplyClass.Own : _runsProgram ? ReplyClass.Outcome : ReplyClass.Compared;
        this = default;
        if (spoilt)
        {
            RespWriter.WriteError(answer, "EXECABORT Transaction discarded because of previous errors."u8);
            return new() { Action = RequestAction.DropCollected };
        }

        return new()
        {
            Action = RequestAction.ForwardCollected,
            Replies = 2 + queued,
            Class = replyClass,
            Cursor = cursor,
            Database = database,
            Protocol = protocol,
        };
    }

    /// <summary>Forgets it, should there be one.</summary>
    public RequestVerdict Drop()
    {
        bool open = IsOpen;
        this = default;
        return new() { Action = open ? RequestAction.DropCollected : RequestAction.Answer };
    }
}
