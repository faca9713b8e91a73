using System.CommandLine;
using System.CommandLine.Help;
using Dynode.Native.Configuration;
using Dynode.Native.Hosting;
using Dynode.TestKit;
using Dynode.UnitTests.House;

namespace Dynode.UnitTests.Native.Control;

/// <summary>What the shells complete is what may be typed: held to the grammar, and tried in bash.</summary>
public sealed class CompletionTests
{
    private const string Bash = "scripts/packaging/completion/dynode.bash", Zsh = "scripts/packaging/completion/_dynode";

    private static readonly RootCommand Root = new CommandLine(TextWriter.Null, TextWriter.Null).Grammar();

    public static TheoryData<string> Verbs => ["", .. Root.Subcommands.Select(verb => verb.Name), "close"];

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task After_each_verb_its_options_are_completed_and_no_others(string verb)
    {
        Command command = verb.Length == 0 ? Root : verb == "close" ? Root.Subcommands.Single(one => one.Name == "gaps").Subcommands.Single() : Root.Subcommands.Single(one => one.Name == verb);
        string[] levels = verb == "log" ? [.. ConfigurationKeys.LogLevel.Choices] : [];

        // Help goes by more names than anybody wants to be offered.
        IEnumerable<string> options = command.Options.Concat(Root.Options.Where(option => option is HelpOption)).Distinct()
            .SelectMany(option => option is HelpOption ? ["--help"] : option.Aliases.Append(option.Name));
        string[] may = [.. options.Concat(command.Subcommands.Select(one => one.Name)).Concat(levels).Distinct().Order(StringComparer.Ordinal)];
        string said = await RunAsync($". {Bash}; _dynode_words '{verb}'");
        Assert.Equal(may, said.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Both_shells_have_the_same_table() => Assert.Equal(WordsOf(Bash), WordsOf(Zsh));

    [Theory]
    [InlineData("dynode sta", "status")]
    [InlineData("dynode -c /x top --po", "--port")]
    [InlineData("dynode clients --sort ", "owed age requests")]
    [InlineData("dynode gaps cl", "close")]
    [InlineData("dynode log W", "WARN")]
    [InlineData("dynode wait --timeout ", "")]
    [InlineData("dynode disable --w", "--when-current --watch:no")]
    public async Task Bash_completes(string line, string words)
    {
        string[] typed = line.Split(' ');
        string script = $". {Bash}; COMP_WORDS=({string.Join(' ', typed.Select(word => $"'{word}'"))}); COMP_CWORD={typed.Length - 1}; _dynode dynode '{typed[^1]}' '{typed[^2]}'; echo ${{COMPREPLY[@]}}";
        string[] said = (await RunAsync(script)).Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(words.Split(' ', StringSplitOptions.RemoveEmptyEntries).Where(word => !word.EndsWith(":no", StringComparison.Ordinal)), said);
    }

    /// <summary>The table that both have.</summary>
    private static string WordsOf(string file)
    {
        string text = SourceTree.Read(file);
        int begin = text.IndexOf("_dynode_words() {", StringComparison.Ordinal);
        return text[begin..text.IndexOf("\n}", begin, StringComparison.Ordinal)];
    }

    private static async Task<string> RunAsync(string script)
    {
        using var shell = ProcessUnderTest.Start("bash", ["--norc", "-c", script], folder: SourceTree.Root);
        Assert.Equal(0, await shell.ExitAsync());
        return shell.Output;
    }
}
