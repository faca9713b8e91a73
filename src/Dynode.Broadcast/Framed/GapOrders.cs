using System.Collections.Immutable;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Streams.Claims;

namespace Dynode.Broadcast.Framed;

/// <summary>The operator's word that servers were made equal: to whom it goes, and what became of it. With an ordered log it is waited for that it is written. Any thread.</summary>
internal sealed class GapOrders(DataPlane plane, FramedRooms rooms, BackendDirectory backends)
{
    /// <summary>Gives one.</summary>
    public async Task<ImmutableArray<GapClosed>> GiveAsync(GapOrder order)
    {
        var given = rooms.Parts.Turns.Between(_ => Give(order));
        Task<GapClosed>[] later = [.. given.Select(static one => one.Later).OfType<Task<GapClosed>>()];
        if (later.Length > 0)
        {
            using var over = new CancellationTokenSource();
            await Task.WhenAny(Task.WhenAll(later), Task.Delay(GapOrder.Patience, plane.Clock.Time, over.Token)).ConfigureAwait(false);
            await over.CancelAsync().ConfigureAwait(false);
        }

        ImmutableArray<GapClosed> all = [.. given.Select(static one => one.Later is { IsCompletedSuccessfully: true } done ? done.Result : one.Now)];
        plane.Logger.GapsClosed(all.Count(static one => one.Fate == GapFate.Closed));
        return all;
    }

    private List<(GapClosed Now, Task<GapClosed>? Later)> Give(GapOrder order)
    {
        List<(GapClosed Now, Task<GapClosed>? Later)> given = [];
        foreach (var delivery in rooms.Deliveries.InLog)
        {
            if (order.IsAbout(delivery.Backend.Address))
                given.Add((delivery.Standing.Closing.Order(order.Adopts, out var later), later));
        }

        rooms.Deliveries.Reelect();
        if (rooms.Feed is { } feed)
        {
            var places = feed.Places().ToDictionary(static place => place.Server, static place => place.Place);
            foreach (var backend in backends.Current.Where(backend => order.IsAbout(backend.Address) && given.TrueForAll(one => !one.Now.Server.Equals(backend.Address))))
                given.Add((NotHere(backend.Address, places.GetValueOrDefault(backend.Address)), null));
            return given;
        }

        foreach (var handed in backends.CloseGaps(order))
        {
            if (given.TrueForAll(one => !one.Now.Server.Equals(handed)))
                given.Add((new GapClosed(handed, GapFate.Closed), null));
        }

        return given;
    }

    /// <summary>Of one that this broadcaster does not deliver to.</summary>
    private static GapClosed NotHere(BackendAddress server, OrderedPlace? place) => place is { Claim: ClaimState.Taken or ClaimState.Lost } other
        ? new GapClosed(server, GapFate.Elsewhere, Owner: other.Who)
        : new GapClosed(server, GapFate.NotConnected);
}
