using System.Text;

namespace Dynode.Native.Configuration;

/// <summary>What of a text may be shown: in one line, of bounded length, without control characters and without secrets.</summary>
internal static class Shown
{
    private const int CharactersMax = 120;

    private const string Mask = "***";

    /// <summary>A text that somebody else wrote, fit for a terminal and for a line of the log.</summary>
    public static string Plain(string text)
    {
        if (text.Length <= CharactersMax && !text.Any(char.IsControl))
            return text;
        var shown = new StringBuilder();
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, CharactersMax)))
            shown.Append(char.IsControl(c) ? '?' : c);
        return text.Length > CharactersMax ? shown.Append('…').ToString() : shown.ToString();
    }

    /// <summary>A value of <paramref name="key"/> as <c>--check</c> prints it: whole, but for its secrets.</summary>
    public static string Value(ConfigurationKey key, string text) => text.Length == 0 ? text : key.Kind switch
    {
        ValueKind.Secret => Mask,
        ValueKind.Url => Url(text),
        ValueKind.Parameters => Parameters(text),
        _ => text,
    };

    /// <summary>A value in a fault: as above, but short, and nothing of a URL that could not be taken apart.</summary>
    public static string Assignment(ConfigurationKey key, string text) => $"{key.Name}={Plain(Value(key, text))}";

    // What stands between the first colon and the last @ may be a password in which somebody forgot to encode / or @: then the
    // text is no URL, or one of another host and a path, and holds the password all the same. So a @ in a path is taken
    // for one where a colon comes before it; hiding too much costs nothing.
    private static string Url(string text)
    {
        int at = text.LastIndexOf('@');
        int scheme = text.IndexOf("://", StringComparison.Ordinal);
        int start = scheme < 0 || scheme > at ? 0 : scheme + 3;
        int colon = at < 0 ? -1 : text.IndexOf(':', start, at - start);
        if (at < 0 || (colon < 0 && Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.UserInfo.Length == 0))
            return text;
        return string.Concat(text.AsSpan(0, colon < 0 ? start : colon + 1), Mask, text.AsSpan(at));
    }

    private static string Parameters(string text) => string.Join('&', text.Split('&').Select(pair =>
    {
        int equals = pair.IndexOf('=', StringComparison.Ordinal);
        return equals + 1 == pair.Length ? pair : pair[..(equals + 1)] + Mask;
    }));
}
