using System.Globalization;
using System.Net;

namespace Dynode.Streams.Nats;

/// <summary>What can be known of a stream without changing anything: for who asks before he starts.</summary>
/// <param name="Works">It can be used as it is; what is missing can be made.</param>
/// <param name="Lines">For people: servers, versions, limits, the stream, what differs, rights that are missing.</param>
public sealed record NatsDiagnosis(bool Works, IReadOnlyList<string> Lines)
{
    /// <summary>Connects to each host that is named, and asks one that answers about the stream. Throws nothing but for its cancellation.</summary>
    /// <param name="settings">Which stream, and how it is reached.</param>
    /// <param name="time">The clock for time-outs and round trips.</param>
    /// <param name="lookup">Finds the addresses of a host; null: the runtime's own.</param>
    /// <param name="tls">How TLS is spoken with <c>nats+tls://</c>; null: nobody can.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task<NatsDiagnosis> OfAsync(NatsSettings settings, TimeProvider time, NatsLookup? lookup, INatsTls? tls, CancellationToken cancellation)
    {
        var lines = new List<string>();
        if (settings.Fault() is { Length: > 0 } fault)
            return new NatsDiagnosis(false, [fault]);
        var dial = new NatsDial(settings, lookup ?? (async (host, ends) => await Dns.GetHostAddressesAsync(host, ends).ConfigureAwait(false)), tls);
        bool isAsked = false;
        bool works = false;
        foreach (NatsHost host in settings.Url.Hosts)
        {
            try
            {
                NatsSocket socket = await dial.ConnectAsync(host, cancellation).ConfigureAwait(false);
                await using NatsLink link = await NatsLink.OpenAsync(socket, host, settings, time, cancellation).ConfigureAwait(false);
                AddServer(lines, link);
                if (!isAsked)
                    works = await AskAsync(lines, link, settings, time, cancellation).ConfigureAwait(false);
                isAsked = true;
            }
            catch (Exception e) when (!cancellation.IsCancellationRequested)
            {
                lines.Add(e.Message.StartsWith($"{host}: ", StringComparison.Ordinal) ? e.Message : $"{host}: {NatsTrouble.Excerpt(e.Message)}");
            }
        }

        return new NatsDiagnosis(works, lines);
    }

    private static void AddServer(List<string> lines, NatsLink link)
    {
        string advice = NatsVersion.TryParse(link.Info.Version, out NatsVersion version) && version.IsBefore(NatsVersion.Recommended)
            ? $"; {NatsVersion.Recommended} or later is recommended"
            : "";
        lines.Add(Say($"{link.Host}: nats-server {link.Info.Version}, max_payload {link.Info.PayloadBytesMax} bytes{advice}"));
    }

    private static async Task<bool> AskAsync(List<string> lines, NatsLink link, NatsSettings settings, TimeProvider time, CancellationToken cancellation)
    {
        var names = new NatsNames(settings.Url.Stream);
        var stream = new NatsStream(link, names, settings, time);
        long began = time.GetTimestamp();
        NatsJson? info = await stream.FindAsync(cancellation).ConfigureAwait(false);
        double roundTrip = time.GetElapsedTime(began).TotalMilliseconds;
        bool works = true;
        int entryBytesMax = info is null ? link.Info.PayloadBytesMax : NatsStreamRules.EntryBytesMax(info, link.Info);
        if (stream.Rules.RequestFault(entryBytesMax, link.Info) is { Length: > 0 } tooShort)
        {
            lines.Add(tooShort);
            works = false;
        }

        if (info is null)
        {
            lines.Add(Say($"stream {names.Log} is not there: it is made at the start, with {settings.Replicas} replicas, {settings.Keep.TotalSeconds} s, {settings.BytesMax} bytes; asked in {roundTrip:0.0} ms"));
        }
        else
        {
            lines.Add(Say($"stream {names.Log}: {stream.Describe(info)}; asked in {roundTrip:0.0} ms"));
            IReadOnlyList<string> faults = stream.Rules.Faults(info);
            works &= faults.Count == 0;
            lines.AddRange(faults);
            lines.AddRange(stream.Rules.Differences(info).Select(difference => $"stream {names.Log}: {difference}"));
        }

        NatsSubscription tried = await link.ListenAsync(names.Placed, new NatsReply(names.Placed)).ConfigureAwait(false);
        IReadOnlyList<string> missing = await stream.MissingRightsAsync(cancellation).ConfigureAwait(false);
        await tried.DisposeAsync().ConfigureAwait(false);
        lines.AddRange(missing);
        return works && missing.Count == 0;
    }

    private static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
