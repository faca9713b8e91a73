using System.Globalization;
using Dynode.Broadcast.Plane;
using Dynode.Log;
using Dynode.Native.Configuration;
using Dynode.UnitTests.House;

namespace Dynode.UnitTests.Native.Configuration;

public sealed class ConfigurationKeysTests
{
    /// <summary>A neighbour of every limit of every key: key, text, whether it is inside.</summary>
    public static TheoryData<string, string, bool> Neighbours()
    {
        var data = new TheoryData<string, string, bool>();
        foreach (ConfigurationKey key in KeyTable.All.Where(key => key.HasRange))
        {
            foreach (long number in new[] { key.Min - 1, key.Min, key.Min + 1, key.Max - 1, key.Max, key.Max + 1 }.Where(number => number >= 0).Distinct())
            {
                string text = key.Kind is ValueKind.Duration or ValueKind.Share ? NumberText.Duration(number) : number.ToString(CultureInfo.InvariantCulture);
                data.Add(key.Name, text, number >= key.Min && number <= key.Max);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Neighbours))]
    public void Every_limit_is_where_the_table_says(string name, string text, bool isInside)
    {
        // Rules about two keys are another test's.
        string[] faults = [.. Reading.OfSets(Reading.Servers, "memory_max=1024g", $"{name}={text}").Faults
            .Select(fault => fault.Text).Where(fault => fault.Contains(" is not between ", StringComparison.Ordinal))];

        Assert.Equal(isInside ? 0 : 1, faults.Length);
        if (!isInside)
            Assert.StartsWith($"{name}={text} is not between ", faults[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_is_named_in_the_unit_that_is_written()
    {
        Assert.Equal(
            [
                "--set: port=99999 is not between 1 and 65535",
                "--set: connect_timeout=0 is not between 0.001 and 2592000 seconds",
                "--set: memory_max=1m is not between 2m and 1024g bytes",
            ],
            Reading.OfSets(Reading.Servers, "port=99999", "connect_timeout=0", "memory_max=1m").Faults());
    }

    [Fact]
    public void Every_default_is_inside_its_own_range_and_that_of_the_data_plane()
    {
        HostSettings settings = Reading.OfSets(Reading.Servers).Good();

        Assert.Equal(new BroadcastSettings(), settings.Broadcast);
        Assert.Equal(PagePool.BytesMaxLeast, ConfigurationLimits.MemoryBytesMin);
    }

    [Fact]
    public void The_shipped_file_documents_every_key_exactly_once_with_its_default()
    {
        var documented = new List<Assignment>();
        var faults = new List<ConfigurationFault>();
        string[] lines = [.. SourceTree.Read("configuration").Split('\n')
            .Select(line => KeyTable.All.Any(key => line.StartsWith($"# {key.Name}=", StringComparison.Ordinal)) ? line[2..] : "")];
        ConfigurationFile.Parse("configuration", System.Text.Encoding.UTF8.GetBytes(string.Join('\n', lines)), documented, faults);

        Assert.Empty(faults);
        Assert.Equal(
            KeyTable.All.Select(key => $"{key.Name}={key.Default}").Order(),
            documented.Select(assignment => $"{assignment.Key}={assignment.Value}").Order());
    }

    [Fact]
    public void The_shipped_file_is_all_defaults() =>
        Assert.DoesNotContain(KeyTable.All, key => Reading.OfFile(SourceTree.Read("configuration"), Reading.Servers).Good().Values[key] is { IsSet: true } && key != ConfigurationKeys.Servers);

    [Fact]
    public void The_shipped_file_says_which_keys_need_a_restart()
    {
        string[] paragraphs = SourceTree.Read("configuration").Split("\n\n");

        Assert.Empty(
            from key in KeyTable.All
            let paragraph = paragraphs.Single(text => text.Split('\n').Any(line => line.StartsWith($"# {key.Name}=", StringComparison.Ordinal)))
            where paragraph.Contains("(restart)", StringComparison.Ordinal) != (key.Reload == ReloadEffect.NeedsRestart)
            select key.Name);
    }

    [Fact]
    public void The_table_of_the_readme_has_a_row_for_every_key_with_its_default()
    {
        // The rule begins with the table.
        if (!File.Exists(Path.Combine(SourceTree.Root, "README.md"))) return;
        string readme = SourceTree.Read("README.md");

        Assert.Empty(
            from key in KeyTable.All
            where !readme.Split('\n').Any(row => row.StartsWith($"| `{key.Name}` | {Said(key)} |", StringComparison.Ordinal))
            select $"| `{key.Name}` | {Said(key)} | {key.Meaning} |");

        static string Said(ConfigurationKey key) => key.DefaultSaid.Length > 0 ? key.DefaultSaid : key.Default.Length > 0 ? key.Default : "(empty)";
    }
}
