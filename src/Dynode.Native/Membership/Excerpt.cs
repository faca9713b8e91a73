using System.Globalization;
using System.Text;

namespace Dynode.Native.Membership;

/// <summary>
/// Text that strangers chose, made fit for one line of a log: everything but printable ASCII escaped, and cut. So an
/// answer can neither forge a second line nor hide in right-to-left marks.
/// </summary>
internal static class Excerpt
{
    /// <summary>Enough to find the entry again; a host name alone may be four times as long.</summary>
    public const int QuoteCharactersMax = 64;

    /// <summary>For the reasons that the runtime gives.</summary>
    public const int ReasonCharactersMax = 200;

    /// <summary>The text in quotes.</summary>
    public static string Quote(string text) => $"\"{Escape(text, QuoteCharactersMax)}\"";

    /// <summary>The text without quotes; at most <paramref name="charactersMax"/> of its characters are shown.</summary>
    public static string Escape(string text, int charactersMax = ReasonCharactersMax)
    {
        var line = new StringBuilder(Math.Min(text.Length, charactersMax) + 8);
        foreach (char c in text.AsSpan(0, Math.Min(text.Length, charactersMax)))
        {
            _ = c switch
            {
                '\n' => line.Append("\\n"),
                '\r' => line.Append("\\r"),
                '\t' => line.Append("\\t"),
                '"' or '\\' => line.Append('\\').Append(c),
                >= ' ' and <= '~' => line.Append(c),
                _ => line.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
            };
        }

        return text.Length > charactersMax ? line.Append("...").ToString() : line.ToString();
    }
}
