using Dynode.LoadTest.Loads;
using Dynode.LoadTest.Servers;

namespace Dynode.LoadTest.Stages;

/// <summary>How a scenario is to be run.</summary>
internal sealed record LoadSettings
{
    /// <summary>What the checks are written for.</summary>
    public static readonly string[] Protocols = ["raw", "redis", "memcached", "line"];

    public required string Protocol { get; init; }

    public required TimeSpan During { get; init; }

    /// <summary>Requests a second, where a scenario goes by a rate.</summary>
    public required int Rate { get; init; }

    /// <summary>Clients; copies at once, where a scenario goes by copies.</summary>
    public required int Copies { get; init; }

    /// <summary>With any, the run must fail.</summary>
    public Damage Damage { get; init; }

    public bool IsRaw => Protocol == "raw";

    /// <summary>A part of the time, for a load simulation: in whole seconds, because NBomber goes on by the second; at least as long as one may last.</summary>
    public TimeSpan Part(double share)
    {
        var part = TimeSpan.FromSeconds(Math.Floor(During.TotalSeconds * share));
        return part < LoadSimulation.DuringMin ? LoadSimulation.DuringMin : part;
    }
}
