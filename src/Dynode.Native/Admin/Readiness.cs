using System.Globalization;
using Dynode.Broadcast.Plane;
using Dynode.Native.Configuration;

namespace Dynode.Native.Admin;

/// <summary>Whether clients should be sent to this broadcaster, and if not, why.</summary>
internal static class Readiness
{
    /// <summary>Why one that stops is not.</summary>
    public const string Ending = "it is ending";

    /// <summary>Why one that waits for its first list is not.</summary>
    public const string NoList = "no list of servers is there yet";

    /// <summary>One reason each; none: it is ready.</summary>
    public static IReadOnlyList<string> Reasons(IOperated operated, Sample? sample)
    {
        if (operated.IsEnding)
            return [Ending];
        if (!operated.IsAccepting)
            return [operated.Membership.LastFault is { } fault ? $"{NoList}: {fault}" : NoList];
        if (sample is null)
            return ["the data plane does not answer"];
        if (sample.Snapshot.Feed is { IsReading: false } feed)
            return [feed.Why];

        int wanted = Wanted(operated, sample);
        int there = sample.Servers.Count(server => Serves(server, operated.Settings.Broadcast));

        // With an ordered log there is no answer but by a server of its own.
        if (there == 0 && wanted == 0 && sample.Snapshot.Feed is not null)
            return ["no server of its own is current"];
        return there >= wanted
            ? []
            : [string.Create(CultureInfo.InvariantCulture, $"servers that are current: {there}; ready_servers: {wanted}")];
    }

    private static int Wanted(IOperated operated, Sample sample)
    {
        int configured = sample.Servers.Count(server => server.State != ServerState.Retiring);
        var ready = operated.Settings.Admin.ReadyServers;
        return ready.Share switch
        {
            ReadyShare.All => configured,
            ReadyShare.Majority => (configured / 2) + 1,
            _ => ready.Count,
        };
    }

    // Where nobody votes, who takes what is sent is all that can be asked for. In raw servers are connected to for clients alone, so before the first has come nobody knows: who
    // waited for that would never send one.
    private static bool Serves(ServerFigures server, BroadcastSettings settings) =>
        settings.Protocol == Protocol.Raw ? server.State is ServerState.Current or ServerState.Connecting
        : settings.FramedReply == FramedReply.None ? server.State == ServerState.Current
        : server.Backend.Standing is { Votes: true };
}
