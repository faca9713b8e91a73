using System.Text.RegularExpressions;

namespace Dynode.UnitTests.House.Arrows;

/// <summary>
/// What src/README.md draws of one project: its rooms, and which of them each knows.
/// <code>
///     Dynode.Native
///       Membership        ─▶ nobody
///       Hosting/Logging   ─▶ nobody
///       Configuration     ─▶ Membership, Hosting/Logging
/// </code>
/// A room is a folder, and a namespace; the project's own name stands for its top folder.
/// </summary>
internal sealed partial class RoomDrawing
{
    private readonly Dictionary<string, string[]> _rooms = new(StringComparer.Ordinal);

    public IEnumerable<string> Rooms => _rooms.Keys;

    public IEnumerable<(string From, string To)> Arrows =>
        from room in _rooms
        from known in room.Value
        select (room.Key, known);

    /// <summary>All drawings in a text, by the project's name.</summary>
    /// <exception cref="InvalidDataException">A room is drawn twice, or knows one that is not drawn.</exception>
    public static IReadOnlyDictionary<string, RoomDrawing> Parse(string text)
    {
        Dictionary<string, RoomDrawing> drawings = new(StringComparer.Ordinal);
        RoomDrawing? open = null;
        foreach (string line in text.Split('\n'))
        {
            if (ProjectLine().Match(line) is { Success: true } project)
                drawings.Add(project.Groups["project"].Value, open = new RoomDrawing());
            else if (open is not null && RoomLine().Match(line) is { Success: true } room)
                open.Add(room.Groups["room"].Value, room.Groups["known"].Value);
            else
                open = null;
        }

        foreach (var drawing in drawings.Values)
            drawing.Check();

        // A project's name alone on a line is no drawing yet.
        return drawings.Where(drawing => drawing.Value._rooms.Count > 0).ToDictionary(StringComparer.Ordinal);
    }

    /// <summary>The rooms from which arrows lead in a circle; two rooms that know each other are one.</summary>
    public IEnumerable<string> InCircles()
    {
        var left = _rooms.ToDictionary(StringComparer.Ordinal);
        while (left.Keys.FirstOrDefault(room => !left[room].Any(left.ContainsKey)) is { } ends)
            left.Remove(ends);
        return left.Keys;
    }

    private void Add(string room, string known)
    {
        if (!_rooms.TryAdd(room, known == "nobody" ? [] : known.Split(", ")))
            throw new InvalidDataException($"{room} is drawn twice");
    }

    private void Check()
    {
        foreach (var (from, to) in Arrows)
        {
            if (!_rooms.ContainsKey(to))
                throw new InvalidDataException($"{from} ─▶ {to}: no such room is drawn");
        }
    }

    [GeneratedRegex(@"^    (?<project>Dynode\.\w+)$")]
    private static partial Regex ProjectLine();

    [GeneratedRegex(@"^      (?<room>[\w./]+) +─▶ (?<known>[\w./]+(?:, [\w./]+)*)$")]
    private static partial Regex RoomLine();
}
