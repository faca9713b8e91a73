using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Dynode.Broadcast.Backends;

namespace Dynode.Native.Configuration;

/// <summary>
/// The entries of <c>servers</c>: addresses, and names each of whose addresses is a server (<c>dns:name:port</c>), either with <c>tls://</c> or <c>tcp://</c>
/// before it where that is to be said.
/// </summary>
internal static class ServerEntries
{
    private const string Dns = "dns:";

    public static ConfigurationValue? Read(string text, ICollection<string> faults)
    {
        // A comma behind the last entry was no entry in the original either.
        string[] entries = (text.EndsWith(',') ? text[..^1] : text).Split(',', StringSplitOptions.TrimEntries);
        var read = new List<string>();
        HashSet<BackendAddress> names = [], plain = [];
        int before = faults.Count;
        for (int i = 0; i < entries.Length; i++)
        {
            string entry = entries[i];
            BackendAddress? address = null;
            bool isName = false;
            string? fault = entry.Length == 0 ? "is empty"
                : entry.Any(IsWhite) ? "has white space in it; a comma stands between two servers"
                : !TryRead(entry, out isName, out address, out string? wrong) ? wrong
                : (isName ? plain : names).Contains(address) ? "stands there both with dns: and without"
                : null;
            if (fault is not null)
                faults.Add(entry.Length == 0 ? $"entry {i + 1} of servers {fault}" : $"entry {i + 1} of servers, \"{Shown.Plain(entry)}\", {fault}");
            else if ((isName ? names : plain).Add(address!))
                read.Add(isName ? ServerScheme.Of(address!.ByTls) + Dns + address : ServerScheme.Write(address!));
        }

        if (read.Count > ConfigurationLimits.ServersMax)
            faults.Add($"servers has {read.Count} entries; at most {ConfigurationLimits.ServersMax} can be served");
        return faults.Count == before ? new ConfigurationValue(string.Join(", ", read)) : null;
    }

    /// <summary>The addresses of a value.</summary>
    /// <param name="value">It has been read.</param>
    /// <param name="namesAlone">Only those of names each of whose addresses is a server; else all.</param>
    public static ImmutableArray<BackendAddress> AddressesOf(ConfigurationValue value, bool namesAlone = false)
    {
        var addresses = ImmutableArray.CreateBuilder<BackendAddress>();
        foreach (string entry in value.Text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!TryRead(entry, out bool isName, out BackendAddress? address, out string? fault))
                throw new FormatException(fault);
            if (isName || !namesAlone)
                addresses.Add(address);
        }

        return addresses.ToImmutable();
    }

    /// <summary>Of ASCII, all of it.</summary>
    public static bool IsWhite(char c) => c is ' ' or (>= '\t' and <= '\r');

    // A server that is called dns has a port behind that, and no second colon.
    private static bool TryRead(string entry, out bool isName, [NotNullWhen(true)] out BackendAddress? address, [NotNullWhen(false)] out string? fault)
    {
        bool? byTls = ServerScheme.Take(ref entry);
        isName = entry.StartsWith(Dns, StringComparison.OrdinalIgnoreCase) && entry.IndexOf(':', Dns.Length) >= 0;
        string server = isName ? entry[Dns.Length..] : entry;
        if (isName && ServerScheme.Take(ref server) is { } behind)
        {
            (address, fault) = (null, $"has its scheme behind dns: (write {ServerScheme.Of(behind)}dns:name:port)");
            return false;
        }

        if (!ServerScheme.TryParse(byTls, server, out address, out fault))
            return false;
        if (!isName || address.IsName)
            return true;
        fault = address.Path is not null ? "is a unix socket, and no name to be looked up: leave dns: away" : "is an address already, and no name to be looked up: leave dns: away";
        return false;
    }
}
