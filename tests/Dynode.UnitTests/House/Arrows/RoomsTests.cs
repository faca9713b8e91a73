using System.Reflection;
using System.Text.RegularExpressions;
using Dynode.Broadcast;
using Dynode.Log;
using Dynode.Native.Hosting;
using Dynode.Protocols;
using Dynode.Streams;

namespace Dynode.UnitTests.House.Arrows;

/// <summary>
/// The rooms that src/README.md draws, held to what is compiled. What the compiler replaces leaves no trace there and is not seen:
/// constants, enumerations' values that are merely compared, <c>nameof</c>.
/// </summary>
public sealed partial class RoomsTests
{
    private static readonly Dictionary<string, Assembly> Projects = new()
    {
        ["Dynode.Log"] = typeof(FanOutLog).Assembly,
        ["Dynode.Protocols"] = typeof(IProtocol).Assembly,
        ["Dynode.Broadcast"] = typeof(Broadcaster).Assembly,
        ["Dynode.Native"] = typeof(CommandLine).Assembly,
        ["Dynode.Streams"] = typeof(IOrderedLog).Assembly,
    };

    private static readonly IReadOnlyDictionary<string, RoomDrawing> Drawings = RoomDrawing.Parse(SourceTree.Read("src/README.md"));

    [Fact]
    public void Every_arrow_between_two_rooms_is_drawn() =>
        None(
            from project in Projects.Keys
            from arrow in ArrowsOf(project)
            where !Drawn(project).Contains(arrow.Key)
            select $"{project}: {arrow.Key.From} ─▶ {arrow.Key.To}, for {string.Join(", ", arrow.Select(known => $"{known.FromType} knows {known.ToType}"))}");

    [Fact]
    public void Every_arrow_that_is_drawn_is_there() =>
        None(
            from project in Projects.Keys
            from drawn in Drawn(project).Except(ArrowsOf(project).Select(arrow => arrow.Key))
            select $"{project}: {drawn.From} ─▶ {drawn.To}");

    [Fact]
    public void No_two_rooms_know_each_other_and_no_arrows_lead_in_a_circle() =>
        None(
            from drawing in Drawings
            from room in drawing.Value.InCircles()
            select $"{drawing.Key}: {room}");

    /// <summary>A project of one room has no drawing.</summary>
    [Fact]
    public void Every_room_is_drawn_and_no_other() =>
        None(
            from project in Projects
            let there = project.Value.GetTypes().Select(type => RoomOf(project.Key, type.Namespace)).OfType<string>().ToHashSet()
            where there.Count > 1 || Drawings.ContainsKey(project.Key)
            let drawn = Drawings.TryGetValue(project.Key, out var drawing) ? drawing.Rooms : []
            from room in there.Except(drawn).Concat(drawn.Except(there))
            select $"{project.Key}: {room}");

    [Fact]
    public void A_room_is_a_folder() =>
        None(
            from file in SourceTree.Files("src", "*.cs")
            from Match name in Namespace().Matches(SourceTree.Read(file))
            where name.Groups["name"].Value != Path.GetDirectoryName(file)!["src/".Length..].Replace('/', '.')
            select $"{file}: {name.Groups["name"].Value}");

    private static HashSet<(string From, string To)> Drawn(string project) =>
        Drawings.TryGetValue(project, out var drawing) ? [.. drawing.Arrows] : [];

    /// <summary>Between rooms of one project; which project may know which is held by their references.</summary>
    private static ILookup<(string From, string To), Arrow> ArrowsOf(string project) =>
        (from arrow in AssemblyArrows.Read(Projects[project])
         let @from = RoomOf(project, arrow.From)
         let to = RoomOf(project, arrow.To)
         where @from is not null && to is not null
         orderby @from, to, arrow.FromType, arrow.ToType
         select (Rooms: (@from, to), Arrow: arrow))
        .ToLookup(pair => pair.Rooms, pair => pair.Arrow);

    /// <summary>Null for what is of another project, or what the compiler writes for the whole of one.</summary>
    private static string? RoomOf(string project, string? name) =>
        name == project ? project
        : name?.StartsWith(project + '.', StringComparison.Ordinal) == true ? name[(project.Length + 1)..].Replace('.', '/')
        : null;

    // All of them: the runner's own list ends after five.
    private static void None(IEnumerable<string> faults)
    {
        string[] all = [.. faults];
        if (all.Length > 0)
            Assert.Fail(string.Join('\n', all));
    }

    [GeneratedRegex(@"^namespace (?<name>[\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Namespace();
}
