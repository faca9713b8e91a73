using Dynode.LoadTest.Loads;
using Dynode.LoadTest.Stages;

namespace Dynode.LoadTest.Scenarios;

/// <summary>All scenarios by their names. Hosts, whichever, take them from here.</summary>
internal static class ScenarioCatalogue
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    /// <summary>In the order in which they run.</summary>
    public static IReadOnlyList<string> Names { get; } = ["steady", "ramp", "spike", "soak", "churn", "slow-server", "down-and-back", "membership", "membership-url"];

    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="settings">How it is to be run.</param>
    public static ILoadScenario Create(string name, LoadSettings settings)
    {
        string title = $"{name}_{settings.Protocol}";
        return name switch
        {
            "steady" => new Undisturbed(title, [LoadSimulation.Inject(settings.Rate, Second, settings.During)], settings),
            "ramp" => new Undisturbed(title, Ramp(settings), settings),
            "spike" => new Undisturbed(title, Spike(settings), settings),
            "soak" => new Soak(title, settings),
            "churn" => new Churn(title, settings),
            "slow-server" => new SlowServer(title, settings),
            "down-and-back" => new DownAndBack(title, settings),
            "membership" => new MembershipChange(title, byUrl: false, settings),
            "membership-url" => new MembershipChange(title, byUrl: true, settings),
            _ => throw new ArgumentException($"no scenario is called {name}", nameof(name)),
        };
    }

    private static LoadSimulation[] Ramp(LoadSettings settings) =>
    [
        LoadSimulation.RampingInject(settings.Rate, Second, settings.Part(0.6)),
        LoadSimulation.RampingInject(settings.Rate / 10, Second, settings.Part(0.4)),
    ];

    /// <summary>From little to twenty times as much at once, silence, and little again.</summary>
    private static LoadSimulation[] Spike(LoadSettings settings)
    {
        TimeSpan part = settings.Part(0.25);
        LoadSimulation little = LoadSimulation.Inject(Math.Max(1, settings.Rate / 5), Second, part);
        return [little, LoadSimulation.Inject(settings.Rate * 4, Second, part), LoadSimulation.Pause(part), little];
    }
}
