using System.Net;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Log;
using Dynode.Native.Certificates;
using Dynode.Native.Configuration;
using Dynode.Streams.Nats;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dynode.Native.Hosting;

/// <summary>Makes the log that gives several broadcasters one order, where one is configured; nothing of it is loaded where none is.</summary>
internal static class OrderedLogs
{
    /// <summary>How long <c>--check</c> asks.</summary>
    private static readonly TimeSpan CheckPatience = TimeSpan.FromSeconds(10);

    /// <param name="settings">What it is reached by.</param>
    /// <param name="lookups">Of its hosts' names.</param>
    /// <param name="tls">How TLS is spoken with it.</param>
    /// <param name="time">The clock.</param>
    /// <returns>Null: there is none.</returns>
    /// <exception cref="StartException">It cannot be had on this machine.</exception>
    public static Func<PagePool, OrderedLog>? Of(HostSettings settings, NameLookups lookups, INatsTls tls, TimeProvider time)
    {
        if (settings.Ordered is not { } nats)
            return null;

        // The runtime would end the process at the first handshake.
        if (nats.Url.IsTls && !TlsLibrary.IsAvailable())
            throw new StartException($"log={nats}: {TlsLibrary.Absent}", ExitStatus.Unavailable);
        return pool =>
        {
            var log = new NatsLog(nats, pool, time, (host, cancellation) => LookUpAsync(lookups, host, cancellation), tls);
            string machine = Dns.GetHostName();
            string where = $"{machine}, port {settings.Broadcast.Port}, process {Environment.ProcessId}";
            return new OrderedLog(log, log, $"{Random.Shared.NextInt64(long.MinValue, long.MaxValue):x16}", machine, where);
        };
    }

    /// <summary>Prints what can be known of it without changing anything, as <c># log …</c>.</summary>
    /// <returns>False: a broadcaster that was started now could not work with it.</returns>
    public static bool Check(HostSettings settings, TimeProvider time, TextWriter output)
    {
        if (settings.Ordered is not { } nats)
            return true;
        if (nats.Url.IsTls && !TlsLibrary.IsAvailable())
        {
            output.Write($"# log {TlsLibrary.Absent}\n");
            return false;
        }

        using var patience = new CancellationTokenSource(CheckPatience, time);
        using ServerTls tls = HostTls.To(settings.LogTls, NullLogger.Instance, time);
        try
        {
            NatsDiagnosis diagnosis = NatsDiagnosis.OfAsync(nats, time, lookup: null, tls, patience.Token).GetAwaiter().GetResult();
            foreach (string line in diagnosis.Lines)
                output.Write($"# log {line}\n");
            return diagnosis.Works;
        }
        catch (OperationCanceledException)
        {
            output.Write($"# log no answer within {CheckPatience.TotalSeconds} s\n");
            return false;
        }
    }

    private static async ValueTask<IPAddress[]> LookUpAsync(NameLookups lookups, string host, CancellationToken cancellation)
    {
        if (IPAddress.TryParse(host, out IPAddress? address))
            return [address];
        var answered = new TaskCompletionSource<LookupAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        lookups.Ask(host, LookupPast.Unknown, answer => answered.TrySetResult(answer));
        LookupAnswer found = await answered.Task.WaitAsync(cancellation).ConfigureAwait(false);
        return found.Addresses.IsDefaultOrEmpty ? throw new IOException(found.Error ?? "it has no address") : [.. found.Addresses];
    }
}
