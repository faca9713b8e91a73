using System.Globalization;
using System.Text;

namespace Dynode.Native.Control;

/// <summary>
/// Text that somebody else wrote (a server's error, a client's key), made fit for a terminal: printable ASCII as it is, all else by its
/// number. So nothing in it moves a cursor, sets a title or hides; nor does it where the terminal takes single bytes for controls. And
/// a column is as wide as its text is long.
/// </summary>
internal static class Escaped
{
    /// <summary>The text, in one line.</summary>
    public static string Text(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~'))
            return text;
        var shown = new StringBuilder(text.Length + 8);
        foreach (char c in text)
            Append(shown, c);
        return shown.ToString();
    }

    /// <summary>Several lines: their ends, and tabs, stay.</summary>
    public static string Lines(string text)
    {
        var shown = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            if (c is '\n' or '\t')
                shown.Append(c);
            else
                Append(shown, c);
        }

        return shown.ToString();
    }

    private static void Append(StringBuilder shown, char c)
    {
        // The broadcaster's own mark of a text that was cut.
        _ = c switch
        {
            >= ' ' and <= '~' => shown.Append(c),
            '\n' => shown.Append("\\n"),
            '\r' => shown.Append("\\r"),
            '\t' => shown.Append("\\t"),
            '…' => shown.Append("..."),
            _ => shown.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture)),
        };
    }
}
