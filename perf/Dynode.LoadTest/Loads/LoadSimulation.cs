namespace Dynode.LoadTest.Loads;

internal enum LoadKind
{
    KeepConstant,
    RampingConstant,
    Inject,
    RampingInject,
    Pause,
}

/// <summary>How many copies of a scenario step, and when: NBomber's load simulations, by their names, meanings and bounds.</summary>
internal sealed record LoadSimulation
{
    /// <summary>NBomber's least.</summary>
    public static readonly TimeSpan DuringMin = TimeSpan.FromSeconds(1);

    private LoadSimulation(LoadKind kind, int amount, TimeSpan interval, TimeSpan during)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(amount);
        ArgumentOutOfRangeException.ThrowIfLessThan(during, DuringMin);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(interval, during);
        (Kind, Amount, Interval, During) = (kind, amount, interval, during);
    }

    public LoadKind Kind { get; }

    /// <summary>Copies, or copies in each interval.</summary>
    public int Amount { get; }

    /// <summary>Of the injecting ones.</summary>
    public TimeSpan Interval { get; }

    public TimeSpan During { get; }

    /// <summary>So many copies, each steps again as soon as it has stepped.</summary>
    public static LoadSimulation KeepConstant(int copies, TimeSpan during) => new(LoadKind.KeepConstant, copies, TimeSpan.Zero, during);

    /// <summary>From as many copies as there were to so many, evenly.</summary>
    public static LoadSimulation RampingConstant(int copies, TimeSpan during) => new(LoadKind.RampingConstant, copies, TimeSpan.Zero, during);

    /// <summary>In each interval so many copies that step once, however long the steps take.</summary>
    public static LoadSimulation Inject(int rate, TimeSpan interval, TimeSpan during) => new(LoadKind.Inject, rate, interval, during);

    /// <summary>From the rate that was to this one, evenly.</summary>
    public static LoadSimulation RampingInject(int rate, TimeSpan interval, TimeSpan during) => new(LoadKind.RampingInject, rate, interval, during);

    /// <summary>Nobody steps.</summary>
    public static LoadSimulation Pause(TimeSpan during) => new(LoadKind.Pause, 0, TimeSpan.Zero, during);

    /// <summary>As NBomber's report has it.</summary>
    public override string ToString() => Kind switch
    {
        LoadKind.KeepConstant => $"keep_constant, copies: {Amount}, during: {During}",
        LoadKind.RampingConstant => $"ramping_constant, copies: {Amount}, during: {During}",
        LoadKind.Inject => $"inject, rate: {Amount}, interval: {Interval}, during: {During}",
        LoadKind.RampingInject => $"ramping_inject, rate: {Amount}, interval: {Interval}, during: {During}",
        _ => $"pause, during: {During}",
    };
}
