using System.Buffers;
using Dynode.Log;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Sequence;

/// <summary>
/// The log of all clients' requests, and the databases they run in: where a request needs another one than the request before, a
/// request of our own that selects it comes first, so that any server connection can send the log as it is. In turns only.
/// </summary>
internal sealed class SharedLog(PagePool pool, IProtocol protocol)
{
    /// <summary>Nobody knows: a client's own request for another database may have been refused by some servers.</summary>
    private const int Unknown = -1;

    private readonly ArrayBufferWriter<byte> _select = new(64);

    public FanOutLog Log { get; } = new(pool);

    /// <summary>Requests that were ever appended: the number that the next one gets.</summary>
    public long Next => Log.Boundaries;

    /// <summary>Some request has named a database: connections must look out for it.</summary>
    public bool HasSelects { get; private set; }

    /// <summary>Appends one request; with it, before it, the one that selects its database.</summary>
    /// <returns>False: memory is spent; nothing but the latter may have been appended.</returns>
    public bool TryAppend(in RequestVerdict verdict, ReadOnlySpan<byte> first, ReadOnlySpan<byte> rest, PageChain? chain)
    {
        if (verdict.Selects < 0 && verdict.Database != Log.Context && !TrySelect(verdict.Database))
            return false;
        var tag = verdict.Selects < 0 ? RequestTag.Of(verdict.Replies) : RequestTag.Of(RequestKind.ClientSelect, verdict.Selects);
        if (!(chain is null ? Log.TryAppend(first, rest, tag.Bits) : Log.TryAdopt(chain, tag.Bits)))
            return false;
        if (verdict.Selects >= 0)
        {
            HasSelects = true;
            Log.Context = Unknown;
        }

        return true;
    }

    /// <summary>The database in force at a cursor, which a new connection must have selected before it sends from there; -1: what comes there selects one.</summary>
    public int DatabaseAt(LogCursor cursor)
    {
        if (cursor.Position == Log.Tail)
            return Log.Context;

        if (LogScan.At(Log, cursor).TryPeek(Log, cursor, out var next) && new RequestTag(next.Tag).Kind == RequestKind.Select)
            return Unknown;
        int database = FanOutLog.ContextAt(cursor, out var scan);
        while (scan.Position < cursor.Position && scan.TryPeek(Log, cursor, out var entry))
        {
            var tag = new RequestTag(entry.Tag);
            if (tag.Kind != RequestKind.Client)
                database = tag.Kind == RequestKind.Select ? tag.Database : Unknown;
            scan.Pass(entry);
        }

        return database;
    }

    private bool TrySelect(int database)
    {
        _select.ResetWrittenCount();
        protocol.WriteSelect(_select, database);
        if (!Log.TryAppend(_select.WrittenSpan, default, RequestTag.Of(RequestKind.Select, database).Bits))
            return false;
        HasSelects = true;
        Log.Context = database;
        return true;
    }
}
