using System.Buffers;
using Dynode.Log;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>
/// The log of all clients' requests, and what is in force for each: where a request needs another database or another protocol than the
/// request before, a request of our own that makes it so comes first, so that any server connection can send the log as it is. A log
/// whose clients all want the same holds none. In turns only.
/// </summary>
internal sealed class SharedLog(PagePool pool, IProtocol protocol)
{
    private readonly ArrayBufferWriter<byte> _own = new(64);
    private int _origin;

    public FanOutLog Log { get; } = new(pool);

    /// <summary>By what the cursors are known that come on a new connection: its own for 131,071 connections.</summary>
    public int NextOrigin() => _origin = _origin == RequestVerdict.OriginMax ? 1 : _origin + 1;

    /// <summary>Requests that were ever appended: the number that the next one gets.</summary>
    public long Next => Log.Boundaries;

    /// <summary>The number of its first request: greater than 0 where it goes on from another broadcaster's.</summary>
    public long First { get; private set; }

    /// <summary>Nothing was appended yet: the first request gets this number.</summary>
    public void BeginAt(long number)
    {
        Log.BeginAt(number);
        First = number;
    }

    /// <summary>For the request that is appended next, if it needs nothing else.</summary>
    public InForce InForce => InForce.Of(Log.Context);

    /// <summary>A stream orders it: with each request of that stands how its replies are compared.</summary>
    public bool NotesClasses { get; init; }

    /// <summary>Some request has named a database: connections must look out for it.</summary>
    public bool HasSelects { get; private set; }

    /// <summary>Appends one request; before it what makes its database and its protocol those in force.</summary>
    /// <param name="verdict">On it.</param>
    /// <param name="isSeen">Its client sees its reply; else the form of it is of no meaning.</param>
    /// <param name="isLocal">It is in no stream that orders this log.</param>
    /// <param name="first">All of it, with <paramref name="rest"/>; empty where it lies in a chain.</param>
    /// <param name="rest">May be empty.</param>
    /// <param name="chain">Null: it is in the other two.</param>
    /// <returns>False: memory is spent; nothing but what comes before it may have been appended.</returns>
    public bool TryAppend(in RequestVerdict verdict, bool isSeen, bool isLocal, ReadOnlySpan<byte> first, ReadOnlySpan<byte> rest, PageChain? chain)
    {
        if (new InForce(verdict.Database, verdict.Protocol).Bits != Log.Context && !TryPrepare(verdict, isSeen))
            return false;
        var tag = verdict.Selects < 0 ? RequestTag.Of(verdict.Replies) : RequestTag.Of(RequestKind.ClientSelect, verdict.Selects);
        tag = isLocal ? tag.Local : NotesClasses ? tag.Of(verdict.Class) : tag;
        if (!(chain is null ? Log.TryAppend(first, rest, tag.Bits) : Log.TryAdopt(chain, tag.Bits)))
            return false;
        if (verdict.Selects >= 0)
            Passed(tag);
        return true;
    }

    /// <summary>
    /// What is in force at a cursor: a new connection must have it before it sends from there. Where requests of our own come next they are
    /// looked ahead to: a database is unknown then, for the one that comes there selects it; a protocol is had early.
    /// </summary>
    public InForce InForceAt(LogCursor cursor)
    {
        if (cursor.Position == Log.Tail)
            return InForce;
        var inForce = InForce.Of(FanOutLog.ContextAt(cursor, out var scan));
        while (scan.TryPeek(Log, cursor, out var entry))
        {
            var tag = new RequestTag(entry.Tag);
            bool isAhead = scan.Position >= cursor.Position;
            if (isAhead && !tag.IsOwn)
                break;
            inForce = isAhead && tag.Kind == RequestKind.Select ? inForce with { Database = InForce.Unknown } : inForce.After(tag);
            scan.Pass(entry);
        }

        return inForce;
    }

    /// <summary>The reply to a request for another database is the same in every protocol.</summary>
    private bool TryPrepare(in RequestVerdict verdict, bool isSeen)
    {
        if (verdict.Selects >= 0)
            return true;
        if (verdict.Database != InForce.Database && !TryAppend(RequestKind.Select, verdict.Database))
            return false;
        return !isSeen || verdict.Protocol == InForce.Protocol || TryAppend(RequestKind.Protocol, verdict.Protocol);
    }

    private bool TryAppend(RequestKind kind, int named)
    {
        _own.ResetWrittenCount();
        if (kind == RequestKind.Select)
            protocol.WriteSelect(_own, named);
        else
            protocol.WriteProtocol(_own, (byte)named);
        var tag = RequestTag.Of(kind, named);
        if (!Log.TryAppend(_own.WrittenSpan, default, tag.Bits))
            return false;
        Passed(tag);
        return true;
    }

    private void Passed(RequestTag tag)
    {
        HasSelects |= tag.Kind != RequestKind.Protocol;
        Log.Context = InForce.After(tag).Bits;
    }
}
