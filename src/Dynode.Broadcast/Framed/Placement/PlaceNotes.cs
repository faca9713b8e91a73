using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Framed.Servers;
using Dynode.Streams;
using Dynode.Streams.Claims;

namespace Dynode.Broadcast.Framed.Placement;

/// <summary>Notes beside the stream where each server stands in it: in the log of all, or in one of its own. In turns only.</summary>
internal sealed class PlaceNotes(OrderReader reader, FeedBeginning beginning, StreamParts parts)
{
    /// <summary>Notes it.</summary>
    /// <param name="unknown">The entry that nobody here knows how to place; 0: there is none.</param>
    /// <returns>False: of one that is served no place is known yet: who died now would leave it without one.</returns>
    public bool TryNote(ulong unknown)
    {
        if (reader.Identity is not { } stream || !beginning.HasBegun)
            return false;
        bool all = true;
        parts.Marks.Note(reader.Lanes);
        long oldest = parts.Log.Next;
        foreach (var delivery in parts.Deliveries.InLog)
        {
            oldest = Math.Min(oldest, delivery.CatchUp is { } apart ? apart.HoldsFrom ?? oldest : delivery.NumberDone);
            bool isKnown = delivery.CatchUp is { } own ? own.TryPlace(out ulong number, out var table) : TryPlace(delivery, unknown, out number, out table);
            all &= isKnown;
            if (isKnown && number > 0)
                parts.Places.Stands(delivery.Backend.Address, new ServerPlace(stream.ToString(), number, table, delivery.Departure.HasGap, delivery.Once?.Mark.BegunRun ?? ""));
        }

        parts.Places.Look(IsReached);
        foreach (var (server, left) in parts.Places.TakeLeft())
        {
            ulong number = left.Behind is { } behind ? behind.Number : parts.Marks.NumberAt(left.Number);
            ReadOnlyMemory<byte> found = left.Behind is { } own ? own.Table : parts.Marks.TableAt(number);
            if (number > 0 && !found.IsEmpty)
                parts.Places.Stands(server, new ServerPlace(stream.ToString(), number, found, left.HasGap, left.Run));
        }

        parts.Marks.Forget(oldest);
        parts.Places.LetGo(address => parts.Deliveries.InLog.Any(delivery => delivery.Backend.Address.Equals(address)));
        return all;
    }

    private bool IsReached(BackendAddress server) =>
        !parts.Deliveries.InLog.Any(delivery => delivery.Backend.Address.Equals(server) && delivery is { IsOpen: false, Backend: { IsDown: true, IsDisabled: false } });

    private bool TryPlace(FramedDelivery delivery, ulong unknown, out ulong number, out ReadOnlyMemory<byte> table)
    {
        // It is about to go on elsewhere, and is not there yet: what is kept of it is true still.
        (number, table) = (0, default);
        if (delivery.GoesOnAt is not null || delivery.Once?.Mark.Kept is not null)
            return true;
        long done = delivery.NumberDone;

        // What stands still because nobody knows it was read, and is in no log.
        bool hasAll = done == parts.Log.Next && !parts.Placement.IsHeld && unknown == 0;

        // One that has a watermark may not have moved it yet behind entries without requests, and is to be found where that is.
        number = delivery.Once is not null ? parts.Marks.FirstAt(done) : hasAll ? Math.Max(beginning.SkipTo, reader.Lanes.Number) : parts.Marks.NumberAt(done);
        if (number == 0 || parts.Marks.TableAt(number) is not { } found)
            return false;
        table = found;
        return true;
    }
}
