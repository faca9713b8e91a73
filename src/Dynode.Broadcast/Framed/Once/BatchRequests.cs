using Dynode.Broadcast.Framed.Sequence;
using Dynode.Log;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Once;

/// <summary>What single requests of the log are to a batch. In turns only.</summary>
internal sealed class BatchRequests(IBatches batches, LearnedNames names, OutgoingBatch outgoing)
{
    private const int HeadBytes = 256;
    private const int LookedAtMax = BatchPace.RequestsMax;

    /// <summary>What comes next moves no watermark, as far as is looked: it goes without one, for batches that leave the same are not told from each other.</summary>
    public static bool AreReads(FanOutLog log, LogCursor cursor, LogScan at, long end)
    {
        for (int i = 0; i < LookedAtMax && at.Position < end && at.TryPeek(log, cursor, out var entry); i++)
        {
            var tag = new RequestTag(entry.Tag);
            if (tag.Kind != RequestKind.Client)
                return i > 0;
            if (!tag.IsLocal)
                return false;
            at.Pass(entry);
        }

        return true;
    }

    /// <summary>What a request is to a batch, by what the server has shown, and where it does not say more by its name.</summary>
    public BatchNature NatureOf(FanOutLog log, LogCursor cursor, LogScan at, in LogEntry entry, RequestTag tag, ref BatchDraft draft)
    {
        if (tag.Replies != 1)
            return NatureOfTransaction(log, cursor, at, entry, tag, ref draft);
        var head = outgoing.Head(log, cursor, at, (int)Math.Min(entry.Length, HeadBytes));
        var nature = batches.NatureOf(head, out var name);
        draft.Name = name;
        if (nature == BatchNature.Apart)
            return nature;
        bool may = names.MayBatch(name, unlessLearned: nature == BatchNature.Batched);
        return may ? BatchNature.Batched : BatchNature.Unknown;
    }

    private BatchNature NatureOfTransaction(FanOutLog log, LogCursor cursor, LogScan at, in LogEntry entry, RequestTag tag, ref BatchDraft draft)
    {
        if (!outgoing.HasRoom(entry.Length))
            return BatchNature.Apart;
        var whole = outgoing.Head(log, cursor, at, (int)entry.Length);
        if (!batches.TryReadTransaction(whole, out var body, out var nature) || nature != BatchNature.Batched)
            return BatchNature.Apart;
        draft.Body = (body.Start.Value, body.End.Value - body.Start.Value);
        draft.Inner = tag.Replies - 2;
        return nature;
    }
}
