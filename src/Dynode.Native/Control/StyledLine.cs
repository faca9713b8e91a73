using System.Text;

namespace Dynode.Native.Control;

/// <summary>A text and how it looks.</summary>
internal sealed class Piece(string text, Style style)
{
    public string Text => text;

    public Style Style => style;
}

/// <summary>One line of what is shown: pieces of text, each with its <see cref="Style"/>. Who writes it knows of no terminal.</summary>
internal sealed class StyledLine
{
    private readonly List<Piece> _pieces = [];

    /// <summary>In characters, each of which takes one column.</summary>
    public int Width { get; private set; }

    /// <summary>In the order in which they were added.</summary>
    public List<Piece> Pieces => _pieces;

    public StyledLine Add(string text, Style style = Style.Plain)
    {
        _pieces.Add(new(text, style));
        Width += text.Length;
        return this;
    }

    /// <summary>Blanks, up to a column.</summary>
    public StyledLine PadTo(int column, Style style = Style.Plain) => column > Width ? Add(new string(' ', column - Width), style) : this;

    /// <summary>What goes to the terminal, or into a file.</summary>
    /// <param name="hasStyle">False: the text alone.</param>
    /// <param name="widthMax">What is beyond is not shown.</param>
    public string Render(bool hasStyle, int widthMax = int.MaxValue)
    {
        var line = new StringBuilder();
        int left = Math.Min(widthMax, Width);
        for (int i = 0; i < _pieces.Count && left > 0; i++)
        {
            string text = _pieces[i].Text;
            text = text.Length > left ? text[..left] : text;
            left -= text.Length;
            string begin = hasStyle ? Begin(_pieces[i].Style) : "";
            line.Append(begin).Append(text).Append(begin.Length > 0 ? "\e[0m" : "");
        }

        // Blanks at the end are of no use to anybody, but for a line that is reversed.
        return hasStyle ? line.ToString() : line.ToString().TrimEnd(' ');
    }

    private static string Begin(Style style) => style switch
    {
        Style.Bold => "\e[1m",
        Style.Dim => "\e[2m",
        Style.Good => "\e[32m",
        Style.Warn => "\e[33m",
        Style.Bad => "\e[31m",
        Style.Reverse => "\e[7m",
        _ => "",
    };
}
