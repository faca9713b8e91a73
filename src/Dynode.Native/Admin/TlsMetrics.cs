using System.Collections.Immutable;
using Dynode.Broadcast.Listening;
using static Dynode.Native.Admin.MetricType;

namespace Dynode.Native.Admin;

/// <summary>The families of TLS; none of them is there where nobody speaks it.</summary>
internal static class TlsMetrics
{
    /// <summary>Where they have a meaning.</summary>
    public const string Scope = "with tls_port";

    /// <summary>Where certificates are shown.</summary>
    public const string CertificateScope = "with tls_port or admin_tls";

    /// <summary>Where the admin port speaks it.</summary>
    public const string AdminScope = "with admin_tls";

    public static readonly ImmutableArray<Metric> All =
    [
        Of("dynode_tls_handshakes_total", Counter, ["outcome"], "Handshakes with clients, by how they came out: done, failed, refused (the client's certificate), timed_out, plain (what came was no TLS).", static (text, shaken, _) =>
        {
            text.Add(shaken.Done, "done");
            text.Add(shaken.Failed, "failed");
            text.Add(shaken.Refused, "refused");
            text.Add(shaken.TimedOut, "timed_out");
            text.Add(shaken.Plain, "plain");
        }),
        Of("dynode_tls_handshaking", Gauge, [], "Clients that are shaking hands.", static (text, shaken, _) => text.Add(shaken.Now)),
        Of("dynode_tls_cut_total", Counter, [], "Clients whose end was none of TLS (no close_notify): it may have been somebody between.", static (text, _, from) => text.Add(from.Sample.Snapshot.CutEnds)),
        new("dynode_tls_certificate_end_seconds", Gauge, [], "When the first of the certificates that clients are shown ends, in seconds since 1970.", static (text, from) =>
        {
            if (from.Operated.Certificates is { } shown)
                text.Add(shown.End.ToUnixTimeSeconds());
        })
        { Scope = CertificateScope },
        new("dynode_tls_certificate_fault", Gauge, [], "1: what is in the files cannot be shown, and what was read before still is.", static (text, from) =>
        {
            if (from.Operated.Certificates is { } shown)
                text.Add(shown.Fault is null ? 0 : 1);
        })
        { Scope = CertificateScope },
        new("dynode_admin_handshakes_total", Counter, ["outcome"], "Handshakes at the admin port, by how they came out: done, failed, timed_out, plain (what came was no TLS).", static (text, from) =>
        {
            if (from.Operated.AdminHandshakes is not { } shaken)
                return;
            text.Add(shaken.Done, "done");
            text.Add(shaken.Failed, "failed");
            text.Add(shaken.TimedOut, "timed_out");
            text.Add(shaken.Plain, "plain");
        })
        { Scope = AdminScope },
    ];

    private static Metric Of(string name, MetricType type, string[] labels, string help, Action<MetricsText, HandshakeFigures, MetricSource> write) =>
        new(name, type, labels, help, (text, from) =>
        {
            if (from.Sample.Snapshot.Handshakes is { } shaken)
                write(text, shaken, from);
        })
        { Scope = Scope };
}
