using Dynode.Native.Certificates;
using Keys = Dynode.Native.Configuration.ConfigurationKeys;
using LogKeys = Dynode.Native.Configuration.OrderedLogKeys;

namespace Dynode.Native.Configuration;

/// <summary>The keys by which the list URL and NATS are spoken to by TLS, as those take them who do. The servers' are <see cref="TlsValues"/>'.</summary>
internal static class TlsEdgeValues
{
    /// <summary>How the list URL is asked, where it is by https.</summary>
    public static ServerTlsSettings ListOf(EffectiveValues values) => Of(values, TlsEdge.ListUrl, Keys.AutoUpdateCa, Keys.AutoUpdateCertificate, Keys.AutoUpdateKey);

    /// <summary>How NATS is spoken to, where it is by TLS; where it is not, nothing of it is read.</summary>
    public static ServerTlsSettings LogOf(EffectiveValues values) =>
        IsLogByTls(values) ? Of(values, TlsEdge.OrderedLog, LogKeys.LogCa, LogKeys.LogCert, LogKeys.LogKey) : new() { Edge = TlsEdge.OrderedLog };

    /// <summary>How one edge is spoken to, as its keys say.</summary>
    /// <param name="values">All of them.</param>
    /// <param name="edge">Which.</param>
    /// <param name="authorities">Its key for whom is believed.</param>
    /// <param name="certificate">For what is shown.</param>
    /// <param name="key">For the key of that; not set: the same file has it.</param>
    public static ServerTlsSettings Of(EffectiveValues values, TlsEdge edge, ConfigurationKey authorities, ConfigurationKey certificate, ConfigurationKey key)
    {
        string shown = values.Text(certificate), its = values.Text(key);
        return new()
        {
            Edge = edge,
            Authorities = values.Text(authorities),
            Certificate = shown.Length == 0 ? null : new(shown, its.Length == 0 ? shown : its),
        };
    }

    /// <summary>What cannot work, with the values that stand beside it and with what is in the files.</summary>
    /// <param name="values">All of them.</param>
    /// <param name="faults">Takes them.</param>
    public static void Check(EffectiveValues values, ICollection<ConfigurationFault> faults)
    {
        // What is faulty has been said, and has no value.
        if (!values.AreFaulty(Keys.AutoUpdateCa, Keys.AutoUpdateCertificate, Keys.AutoUpdateKey))
            Check(values, ListOf(values), Keys.AutoUpdateCa, Keys.AutoUpdateCertificate, Keys.AutoUpdateKey, faults);
        if (!values.AreFaulty(LogKeys.LogCa, LogKeys.LogCert, LogKeys.LogKey) && IsLogByTls(values))
            Check(values, LogOf(values), LogKeys.LogCa, LogKeys.LogCert, LogKeys.LogKey, faults);
    }

    private static bool IsLogByTls(EffectiveValues values) =>
        !values.AreFaulty(LogKeys.Log, Keys.Protocol) && OrderedLogValues.SettingsOf(values) is { Url.IsTls: true };

    private static void Check(
        EffectiveValues values, ServerTlsSettings settings, ConfigurationKey authorities, ConfigurationKey certificate, ConfigurationKey key, ICollection<ConfigurationFault> faults)
    {
        EffectiveValue trusted = values[authorities], shown = values[certificate], its = values[key];
        if (its.IsSet && !shown.IsSet)
        {
            faults.Add(new(its.Source, $"{key.Name} needs {certificate.Name}, which {settings.Edge.Whom} is shown"));
            return;
        }

        // Nothing of the library is wanted where nothing is named: an https URL that the system's authorities are trusted for says by itself that it is missing.
        if (!trusted.IsSet && !shown.IsSet)
            return;
        ConfigurationSource wanted = trusted.IsSet ? trusted.Source : shown.Source;
        if (!TlsLibrary.IsAvailable())
        {
            faults.Add(new(wanted, $"{settings.Edge.Whom} by TLS: {TlsLibrary.Absent}"));
            return;
        }

        _ = ShownToServers.Load(settings, TlsValues.Read, TimeProvider.System.GetUtcNow(), out string? fault);
        if (fault is not null)
            faults.Add(new(fault.StartsWith(authorities.Name, StringComparison.Ordinal) ? trusted.Source : shown.Source, fault));
    }
}
