namespace Dynode.Streams.Nats;

/// <summary>A connection that is ready: its stream is there, is as it must be, and this user may use it.</summary>
/// <param name="Link">The connection, the taker's to dispose of.</param>
/// <param name="Stream">Asked over it.</param>
/// <param name="State">Where it stands.</param>
/// <param name="Differences">What is not as we would have made it, and works.</param>
internal sealed record NatsOpening(NatsLink Link, NatsStream Stream, StreamState State, IReadOnlyList<string> Differences)
{
    /// <summary>Connects to one host, and makes what is missing.</summary>
    /// <exception cref="NatsTrouble">It does not work so.</exception>
    public static async Task<NatsOpening> AtAsync(NatsHost host, NatsDial dial, NatsSettings settings, TimeProvider time, CancellationToken cancellation)
    {
        var names = new NatsNames(settings.Url.Stream);
        NatsSocket socket = await dial.ConnectAsync(host, cancellation).ConfigureAwait(false);
        NatsLink link = await NatsLink.OpenAsync(socket, host, settings, time, cancellation).ConfigureAwait(false);
        try
        {
            var stream = new NatsStream(link, names, settings, time);
            NatsJson info = await stream.FindAsync(cancellation).ConfigureAwait(false) ?? await stream.MakeAsync(cancellation).ConfigureAwait(false);
            stream.Rules.Hold(info);
            await stream.EnsureBucketAsync(info.Number("config.num_replicas"), cancellation).ConfigureAwait(false);

            // Before anything is asked whose reply would come behind the refusal.
            NatsSubscription tried = await link.ListenAsync(names.Placed, new NatsReply(names.Placed)).ConfigureAwait(false);
            Refuse(await stream.MissingRightsAsync(cancellation).ConfigureAwait(false));
            await tried.DisposeAsync().ConfigureAwait(false);
            StreamState state = await stream.LookAsync(cancellation).ConfigureAwait(false);
            if (stream.Rules.RequestFault(state.ParcelBytesMax, link.Info) is { Length: > 0 } tooShort)
                throw NatsTrouble.Lasting(tooShort);
            return new NatsOpening(link, stream, state, stream.Rules.Differences(info));
        }
        catch (Exception e)
        {
            await link.DisposeAsync().ConfigureAwait(false);
            throw e is NatsTrouble or OperationCanceledException ? e : new NatsTrouble(NatsTrouble.Excerpt(e.Message));
        }
    }

    private static void Refuse(IReadOnlyList<string> faults)
    {
        if (faults.Count > 0)
            throw NatsTrouble.Lasting(string.Join("; ", faults));
    }
}
