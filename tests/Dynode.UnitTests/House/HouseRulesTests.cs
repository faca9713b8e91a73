using System.IO.Pipelines;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Dynode.UnitTests.House;

/// <summary>The rules of the house that no compiler knows. Each failure lists every offender.</summary>
public sealed partial class HouseRulesTests
{
    /// <summary>Past this, a file is an alarm about a missing wall.</summary>
    private const int LinesMax = 300;

    /// <summary>Who may know whom; a project that is not named here knows nobody.</summary>
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Dynode.Broadcast"] = ["Dynode.Log", "Dynode.Protocols", "Dynode.Streams"],
        ["Dynode.Native"] = ["Dynode.Broadcast"],
        ["Dynode.Streams"] = ["Dynode.Log"],
    };

    /// <summary>The map may also name types of the framework; these stand for where they live.</summary>
    private static readonly Type[] Frameworks = [typeof(object), typeof(Socket), typeof(Pipe)];

    /// <summary>What is shipped, and what measures it.</summary>
    private static IEnumerable<string> Sources => SourceTree.Files("src", "*.cs").Concat(SourceTree.Files("perf", "*.cs"));

    [Fact]
    public void No_source_file_is_longer_than_300_lines() =>
        Assert.Empty(
            from file in Sources
            let lines = SourceTree.Read(file).Count(c => c == '\n')
            where lines > LinesMax
            select $"{file}: {lines}");

    [Fact]
    public void No_type_is_named_by_a_word_that_says_nothing_or_that_has_a_better_one() =>
        Assert.Empty(
            from file in Sources
            from Match type in TypeName().Matches(SourceTree.Read(file))
            where WrongWord().IsMatch(type.Groups["name"].Value)
            select $"{file}: {type.Groups["name"].Value}");

    [Fact]
    public void Nothing_sleeps() =>
        Assert.Empty(
            from file in Sources.Concat(SourceTree.Files("tests", "*.cs"))
            where file != "tests/Dynode.UnitTests/House/HouseRulesTests.cs"
            where SourceTree.Read(file).Contains("Thread.Sleep(", StringComparison.Ordinal)
            select file);

    [Fact]
    public void Projects_know_each_other_only_along_the_arrows() =>
        Assert.Empty(
            from file in SourceTree.Files("src", "*.csproj")
            let project = Path.GetFileNameWithoutExtension(file)
            from reference in XDocument.Parse(SourceTree.Read(file)).Descendants("ProjectReference")
            let target = Path.GetFileNameWithoutExtension((string)reference.Attribute("Include")!)
            where !Arrows.GetValueOrDefault(project, []).Contains(target)
            select $"{project} must not know {target}");

    [Fact]
    public void Every_suppressed_warning_has_its_reason_beside_it() =>
        Assert.Empty(
            from file in Sources
            let lines = SourceTree.Read(file).Split('\n')
            from i in Enumerable.Range(0, lines.Length)
            where lines[i].Contains("#pragma warning disable", StringComparison.Ordinal) && !lines[i].Contains("//", StringComparison.Ordinal)
                && (i == 0 || !lines[i - 1].TrimStart().StartsWith("//", StringComparison.Ordinal))
            select $"{file}:{i + 1}");

    [Fact]
    public void Every_script_says_what_it_does_and_stops_at_the_first_fault() =>
        Assert.Empty(
            from file in SourceTree.Files("scripts", "*").Append(".ci/run")

            // What a package carries is run by other machines' shells, and not by us.
            where !file.StartsWith("scripts/packaging/", StringComparison.Ordinal) || file.EndsWith(".sh", StringComparison.Ordinal)
            where !ScriptHead().IsMatch(SourceTree.Read(file))
            select file);

    [Fact]
    public void Every_folder_and_project_that_the_map_of_the_source_names_exists()
    {
        string map = Path.Combine(SourceTree.Root, "src", "README.md");

        // The rule begins with the map.
        if (!File.Exists(map)) return;
        HashSet<string> there =
        [
            .. SourceTree.Files("src", "*").SelectMany(file => file.Split('/')[1..]),
            .. SourceTree.Files("src", "*.cs").SelectMany(file => TypeName().Matches(SourceTree.Read(file))).Select(type => type.Groups["name"].Value),
            .. Frameworks.SelectMany(framework => framework.Assembly.GetExportedTypes()).Select(type => type.Name),
        ];
        Assert.Empty(
            from Match name in NameInMap().Matches(File.ReadAllText(map))
            from part in name.Groups["name"].Value.Split('/', StringSplitOptions.RemoveEmptyEntries)
            where !there.Contains(part)
            select $"{name.Value}: no {part}");
    }

    // A declaration, not the word in a comment: at the start of a line, behind nothing but modifiers.
    [GeneratedRegex(@"^[ \t]*(?:(?:public|internal|private|protected|file|static|sealed|abstract|readonly|ref|partial|unsafe|new)\s+)*(?:record\s+struct|record\s+class|class|struct|record|interface|enum)\s+(?<name>[A-Z]\w*)", RegexOptions.Multiline)]
    private static partial Regex TypeName();

    // Whole words of a PascalCase name. The command line is a thing of its own.
    [GeneratedRegex(@"(?:Upstream|Node|Peer|Message|Packet|Command(?!Line)|Handler|Manager|Helper|Util|Utils|Utility|Common|Core)s?(?![a-z])")]
    private static partial Regex WrongWord();

    [GeneratedRegex(@"\A#!/usr/bin/env bash\n#\n# \S.*\n(?:#.*\n)*\nset -euo pipefail\n")]
    private static partial Regex ScriptHead();

    // In code style, one word or path that begins with a capital and is no abbreviation: `BackendSet`, `Dynode.Log/`, `Transport/Sender.cs`.
    [GeneratedRegex(@"`(?<name>(?=\w*[a-z])[A-Z][\w.]*(?:/[A-Z][\w.]*)*/?)`")]
    private static partial Regex NameInMap();
}
