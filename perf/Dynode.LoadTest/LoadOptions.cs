using System.CommandLine;
using Dynode.LoadTest.Scenarios;
using Dynode.LoadTest.Servers;
using Dynode.LoadTest.Stages;

namespace Dynode.LoadTest;

/// <summary>What was typed. Both hosts take the same.</summary>
internal sealed class LoadOptions
{
    /// <summary>The shortest in which every scenario has its phases.</summary>
    private const int SecondsMin = 2;

    private readonly Option<string[]> _scenarios = new("--scenario") { Description = "Only this one; may be repeated. Default: all.", HelpName = "NAME" };
    private readonly Option<string[]> _protocols = new("--protocol") { Description = "Only this one; may be repeated. Default: all.", HelpName = "NAME" };
    private readonly Option<int> _duration = new("--duration") { Description = "Whole seconds of load in each scenario.", HelpName = "S", DefaultValueFactory = static _ => 30 };
    private readonly Option<int> _rate = new("--rate") { Description = "Requests a second, where a scenario goes by a rate.", HelpName = "R", DefaultValueFactory = static _ => 2000 };
    private readonly Option<int> _copies = new("--copies") { Description = "Clients at once.", HelpName = "C", DefaultValueFactory = static _ => 32 };

    private readonly Option<Damage> _damage = new("--damage")
    {
        Description = "Proves the checks: one server damages what it gets, and every scenario must fail. Byte, Lost, Twice or Swapped, and the server's index: lost@1.",
        HelpName = "KIND@I",
        CustomParser = static result =>
        {
            if (!Damage.TryParse(result.Tokens[0].Value, Stage.ListedServers, out Damage damage)) result.AddError($"--damage takes lost@1 and the like, with a server below {Stage.ListedServers}");
            return damage;
        },
    };

    /// <summary>Parses, and runs what it is given for each scenario, one after another.</summary>
    /// <param name="args">What was typed.</param>
    /// <param name="run">Gives whether it passed.</param>
    /// <param name="output">Takes the sum, as the last line.</param>
    /// <returns>The exit status: 0 where all have passed.</returns>
    public int Run(string[] args, Func<string, LoadSettings, Task<bool>> run, TextWriter output)
    {
        _scenarios.AcceptOnlyFromAmong([.. ScenarioCatalogue.Names]);
        _protocols.AcceptOnlyFromAmong(LoadSettings.Protocols);
        AtLeast(_duration, SecondsMin);
        AtLeast(_rate, 10);
        AtLeast(_copies, 1);
        var root = new RootCommand("Puts the native broadcaster under load and checks that every server received exactly what was sent, in order.")
        {
            _scenarios, _protocols, _duration, _rate, _copies, _damage,
        };
        root.SetAction(async (parsed, _) =>
        {
            int passed = 0;
            int failed = 0;
            foreach (string scenario in Chosen(parsed.GetValue(_scenarios), ScenarioCatalogue.Names))
            {
                foreach (string protocol in Chosen(parsed.GetValue(_protocols), LoadSettings.Protocols))
                {
                    bool good = await run(scenario, SettingsOf(parsed, protocol)).ConfigureAwait(false);
                    if (good) passed++;
                    else failed++;
                }
            }

            output.WriteLine();
            output.WriteLine($"{passed} passed, {failed} failed");
            return failed == 0 ? 0 : 1;
        });
        return root.Parse(args).Invoke();
    }

    private static IEnumerable<string> Chosen(string[]? named, IReadOnlyList<string> all) => named is { Length: > 0 } ? all.Where(named.Contains) : all;

    private static void AtLeast<T>(Option<T> option, T least)
        where T : IComparable<T> =>
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<T>() is { } value && value.CompareTo(least) < 0) result.AddError($"{option.Name} is at least {least}");
        });

    private LoadSettings SettingsOf(ParseResult parsed, string protocol) => new()
    {
        Protocol = protocol,
        During = TimeSpan.FromSeconds(parsed.GetValue(_duration)),
        Rate = parsed.GetValue(_rate),
        Copies = parsed.GetValue(_copies),
        Damage = parsed.GetValue(_damage),
    };
}
