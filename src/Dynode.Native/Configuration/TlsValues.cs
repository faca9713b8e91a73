using System.Collections.Immutable;
using System.Security.Authentication;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Native.Certificates;
using Keys = Dynode.Native.Configuration.ConfigurationKeys;

namespace Dynode.Native.Configuration;

/// <summary>The keys of TLS, as those take them who use it.</summary>
internal static class TlsValues
{
    /// <summary>A certificate of a few kilobytes, with those of a handful of authorities.</summary>
    private const int FileBytesMax = 1 << 20;

    /// <summary>Reads a certificate's or a key's file.</summary>
    public static readonly FileReading Read = static (string path, out string? fault) => BoundedFile.Read(path, FileBytesMax, out fault);

    /// <summary>What clients are shown and asked, and those are shown who ask the admin port.</summary>
    /// <returns>Null: nobody speaks TLS.</returns>
    public static TlsSettings? SettingsOf(EffectiveValues values)
    {
        if (!values[TlsKeys.TlsPort].IsSet && !values.Flag(Keys.AdminTls))
            return null;
        ImmutableArray<string> certificates = PathsOf(values, TlsKeys.TlsCertificate);
        ImmutableArray<string> keys = PathsOf(values, TlsKeys.TlsKey);
        return new()
        {
            Certificates = [.. certificates.Select((certificate, i) => new CertificateFiles(certificate, keys.IsEmpty ? certificate : keys[i]))],
            ClientAuthorities = values.Text(TlsKeys.TlsClientCa),
            ClientNames = [.. values.Text(TlsKeys.TlsClientNames).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)],
            Versions = values.Number(TlsKeys.TlsVersions) switch
            {
                1 => SslProtocols.Tls12,
                2 => SslProtocols.Tls13,
                _ => SslProtocols.Tls12 | SslProtocols.Tls13,
            },
        };
    }

    /// <summary>How servers are spoken to by TLS, where they are.</summary>
    public static ServerTlsSettings ServersOf(EffectiveValues values) =>
        TlsEdgeValues.Of(values, TlsEdge.Servers, TlsKeys.BackendTlsCa, TlsKeys.BackendTlsCertificate, TlsKeys.BackendTlsKey) with { Name = values.Text(TlsKeys.BackendTlsName) };

    /// <summary>What the data plane is told of it.</summary>
    public static BroadcastSettings Secured(EffectiveValues values, BroadcastSettings settings)
    {
        if (!values[TlsKeys.TlsPort].IsSet)
            return settings;
        int port = (int)values.Number(TlsKeys.TlsPort);
        return settings with
        {
            TlsPort = port,
            IsTlsAlone = port == settings.Port,
            HandshakesMax = values[TlsKeys.TlsHandshakesMax].IsSet ? (int)values.Number(TlsKeys.TlsHandshakesMax) : settings.HandshakesMax,
        };
    }

    /// <summary>What cannot work, with the values that stand beside it and with what is in the files.</summary>
    /// <param name="values">All of them.</param>
    /// <param name="faults">Takes them.</param>
    public static void Check(EffectiveValues values, ICollection<ConfigurationFault> faults)
    {
        if (!values.AreFaulty(TlsKeys.BackendTls, TlsKeys.BackendTlsCa, TlsKeys.BackendTlsName, TlsKeys.BackendTlsCertificate, TlsKeys.BackendTlsKey, Keys.Servers)
            && FaultOfServers(values) is { } wrong)
            faults.Add(new(wrong.Source, wrong.Text));
        if (values.AreFaulty(TlsKeys.TlsPort, TlsKeys.TlsCertificate, TlsKeys.TlsKey, TlsKeys.TlsClientCa, TlsKeys.TlsClientNames, TlsKeys.TlsVersions, Keys.Port, Keys.Admin, Keys.AdminTls))
            return;
        if (FaultOf(values) is { } fault)
            faults.Add(new(fault.Source, fault.Text));
    }

    private static (ConfigurationSource Source, string Text)? FaultOf(EffectiveValues values)
    {
        EffectiveValue port = values[TlsKeys.TlsPort], certificate = values[TlsKeys.TlsCertificate], key = values[TlsKeys.TlsKey];
        EffectiveValue authorities = values[TlsKeys.TlsClientCa], names = values[TlsKeys.TlsClientNames];
        bool isAdmin = values.Flag(Keys.AdminTls);
        ConfigurationSource admin = values[Keys.AdminTls].Source;
        if (isAdmin && !values[Keys.Admin].IsSet)
            return (admin, "admin_tls=true needs admin, the port that speaks it");
        if (isAdmin && AdminValues.IsUnix(values))
            return (admin, $"admin_tls=true and {Shown.Assignment(Keys.Admin, values.Text(Keys.Admin))}: a socket of this machine speaks no TLS");
        if (!port.IsSet && !isAdmin && certificate.IsSet)
            return (certificate.Source, "tls_certificate needs tls_port, where clients speak TLS, or admin_tls=true");
        if (!port.IsSet && authorities.IsSet)
            return (authorities.Source, "tls_client_ca needs tls_port, where clients speak TLS");
        if (!port.IsSet && !isAdmin)
            return null;
        if (!certificate.IsSet)
            return port.IsSet ? (port.Source, "tls_port needs tls_certificate, which clients are shown") : (admin, "admin_tls=true needs tls_certificate, which those are shown who ask there");
        if (key.IsSet && PathsOf(values, TlsKeys.TlsKey).Length != PathsOf(values, TlsKeys.TlsCertificate).Length)
            return (key.Source, $"tls_key names {PathsOf(values, TlsKeys.TlsKey).Length} files and tls_certificate {PathsOf(values, TlsKeys.TlsCertificate).Length}: each certificate has its key");
        if (names.IsSet && !authorities.IsSet)
            return (names.Source, "tls_client_names needs tls_client_ca: without it clients show no certificate");
        if (!TlsLibrary.IsAvailable())
            return port.IsSet ? (port.Source, $"tls_port: {TlsLibrary.Absent}") : (admin, $"admin_tls: {TlsLibrary.Absent}");
        _ = ShownToClients.Load(SettingsOf(values)!, Read, TimeProvider.System.GetUtcNow(), out string? fault);
        return fault is null ? null : (certificate.Source, $"tls_certificate: {fault}");
    }

    private static (ConfigurationSource Source, string Text)? FaultOfServers(EffectiveValues values)
    {
        EffectiveValue key = values[TlsKeys.BackendTlsKey], certificate = values[TlsKeys.BackendTlsCertificate], name = values[TlsKeys.BackendTlsName];
        if (key.IsSet && !certificate.IsSet)
            return (key.Source, "backend_tls_key needs backend_tls_certificate, which servers are shown");
        if (name.IsSet && (!BackendAddress.TryParse($"{name.Value.Text}:1", out BackendAddress? named, out _) || named.Path is not null))
            return (name.Source, $"{Shown.Assignment(TlsKeys.BackendTlsName, name.Value.Text)} is no host name and no IPv4 address");
        EffectiveValue? wants = values.Flag(TlsKeys.BackendTls) ? values[TlsKeys.BackendTls]
            : ServerEntries.AddressesOf(values[Keys.Servers].Value).Any(static server => server.ByTls == true) ? values[Keys.Servers]
            : certificate.IsSet ? certificate
            : values[TlsKeys.BackendTlsCa].IsSet ? values[TlsKeys.BackendTlsCa]
            : null;
        if (wants is not { } wanted)
            return null;
        if (!TlsLibrary.IsAvailable())
            return (wanted.Source, $"servers by TLS: {TlsLibrary.Absent}");
        _ = ShownToServers.Load(ServersOf(values), Read, TimeProvider.System.GetUtcNow(), out string? fault);
        return fault is null ? null : (fault.StartsWith(TlsKeys.BackendTlsCa.Name, StringComparison.Ordinal) ? values[TlsKeys.BackendTlsCa].Source : certificate.Source, fault);
    }

    private static ImmutableArray<string> PathsOf(EffectiveValues values, ConfigurationKey key) =>
        [.. values.Text(key).Split(',', StringSplitOptions.RemoveEmptyEntries)];
}
