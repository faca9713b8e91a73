namespace Dynode.Native.Control;

/// <summary>Rows under a head, each column as wide as its widest text: numbers to the right, words to the left.</summary>
/// <param name="columns">The heads; one that begins with &gt; stands to the right.</param>
internal sealed class Table(params string[] columns)
{
    private const int Gap = 2;

    private readonly List<StyledLine> _rows = [];

    public int Count => _rows.Count;

    /// <summary>A new row, whose pieces are its cells; what is missing at its end is empty.</summary>
    public StyledLine Row()
    {
        var row = new StyledLine();
        _rows.Add(row);
        return row;
    }

    /// <summary>The head and the rows. An empty table has a head too.</summary>
    /// <param name="head">The head's style.</param>
    /// <param name="headWidth">How far the head's style reaches; 0: as far as its text.</param>
    public List<StyledLine> Lines(Style head = Style.Bold, int headWidth = 0)
    {
        var heads = new StyledLine();
        int[] widths = new int[columns.Length];
        foreach (string column in columns)
            heads.Add(column.TrimStart('>'), head);
        Widen(widths, heads);
        foreach (StyledLine row in _rows)
            Widen(widths, row);
        List<StyledLine> lines = [Line(heads, widths, head).PadTo(headWidth, head)];
        foreach (StyledLine row in _rows)
            lines.Add(Line(row, widths, Style.Plain));
        return lines;
    }

    private static void Widen(int[] widths, StyledLine row)
    {
        for (int i = 0; i < row.Pieces.Count; i++)
            widths[i] = Math.Max(widths[i], row.Pieces[i].Text.Length);
    }

    private StyledLine Line(StyledLine row, int[] widths, Style between)
    {
        var line = new StyledLine();
        int column = 0;
        for (int i = 0; i < row.Pieces.Count; i++)
        {
            Piece cell = row.Pieces[i];
            line.PadTo(columns[i].StartsWith('>') ? column + widths[i] - cell.Text.Length : column, between).Add(cell.Text, cell.Style);
            column += widths[i] + Gap;
        }

        return line;
    }
}
