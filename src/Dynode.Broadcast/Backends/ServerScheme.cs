using System.Diagnostics.CodeAnalysis;

namespace Dynode.Broadcast.Backends;

/// <summary>
/// How an entry of a list says in which way its server is spoken to: <c>tls://</c> or <c>tcp://</c> before what would stand there else. Without
/// either it says nothing. Schemes are read in any case.
/// </summary>
public static class ServerScheme
{
    private const string Tls = "tls://";
    private const string Plain = "tcp://";

    /// <summary>Takes it away from the front of <paramref name="entry"/>.</summary>
    /// <param name="entry">As written; what is left of it.</param>
    /// <returns>By TLS, or plain; null: nothing is said.</returns>
    public static bool? Take(ref string entry)
    {
        entry = entry.Trim();
        bool? byTls = entry.StartsWith(Tls, StringComparison.OrdinalIgnoreCase) ? true
            : entry.StartsWith(Plain, StringComparison.OrdinalIgnoreCase) ? false
            : null;
        if (byTls is not null)
            entry = entry[Tls.Length..];
        return byTls;
    }

    /// <summary>What stands before an entry; empty where nothing is said.</summary>
    public static string Of(bool? byTls) => byTls switch { true => Tls, false => Plain, null => "" };

    /// <summary>What <see cref="TryParse(string, out BackendAddress?, out string?)"/> reads back to an equal address that is spoken to in the same way.</summary>
    public static string Write(BackendAddress server) => (server.Path is null ? Of(server.ByTls) : "") + server;

    /// <summary>Reads <see cref="BackendAddress.TryParse"/>'s text, with or without a scheme before it.</summary>
    /// <param name="text">As written.</param>
    /// <param name="address">The address, when the result is true.</param>
    /// <param name="fault">Why not, as the end of a sentence about <paramref name="text"/>, when the result is false.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out BackendAddress? address, [NotNullWhen(false)] out string? fault)
    {
        bool? byTls = Take(ref text);
        return TryParse(byTls, text, out address, out fault);
    }

    /// <summary>As <see cref="TryParse(string, out BackendAddress?, out string?)"/>, where the scheme has been taken already.</summary>
    /// <param name="byTls">What it said.</param>
    /// <param name="text">What is left.</param>
    /// <param name="address">The address, when the result is true.</param>
    /// <param name="fault">Why not, as the end of a sentence about the entry, when the result is false.</param>
    public static bool TryParse(bool? byTls, string text, [NotNullWhen(true)] out BackendAddress? address, [NotNullWhen(false)] out string? fault)
    {
        if (text.Contains("://", StringComparison.Ordinal))
        {
            (address, fault) = (null, "begins with what is neither tls:// nor tcp://");
            return false;
        }

        if (!BackendAddress.TryParse(text, out address, out fault))
            return false;
        if (address.Path is not null && byTls is not null)
        {
            (address, fault) = (null, "is a unix socket, which is spoken to plain and has no tls:// or tcp:// before it");
            return false;
        }

        address = address with { ByTls = byTls ?? address.ByTls };
        return true;
    }
}
