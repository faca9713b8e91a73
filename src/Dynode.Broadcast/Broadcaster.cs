using System.Net;
using Dynode.Broadcast.Backends;
using Microsoft.Extensions.Logging;

namespace Dynode.Broadcast;

/// <summary>The listener could not be opened; the message names the address and the reason, for the operator.</summary>
public sealed class ListenException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// The one door to the data plane. Made with checked settings; nothing behind it calls back up.
/// Every member may be called from any thread.
/// </summary>
public sealed class Broadcaster : IDisposable
{
    private readonly BroadcastSettings _settings;

    /// <summary>Assigns; opens nothing.</summary>
    public Broadcaster(BroadcastSettings settings, ILogger logger, TimeProvider time)
    {
        _settings = settings;
        _ = logger;
        _ = time;
    }

    /// <summary>Where it listens, once bound: with the ports that the system chose.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints => throw new InvalidOperationException(_settings.Host);

    /// <summary>Takes the configured addresses without accepting on them yet.</summary>
    /// <exception cref="ListenException">An address cannot be had.</exception>
    public void Bind() => throw new InvalidOperationException(_settings.Host);

    /// <summary>Makes <paramref name="set"/> the servers of every session. The first non-empty one opens the listener for clients.</summary>
    public void Apply(BackendSet set) => throw new InvalidOperationException(_settings.Host);

    /// <summary>Makes <paramref name="settings"/> those of all that runs; the ones that need a restart are not looked at.</summary>
    public void Apply(BroadcastSettings settings) => throw new InvalidOperationException(_settings.Host);

    /// <summary>
    /// Ends well: no accept, no more reading from clients; what the logs hold goes to the connected servers, replies are
    /// relayed, FIN both ways. Done when all sessions are, at the latest after the drain timeout.
    /// </summary>
    public Task DrainAsync() => throw new InvalidOperationException(_settings.Host);

    /// <summary>Ends at once whatever still runs, and gives every page and descriptor back.</summary>
    public void Dispose()
    {
    }
}
