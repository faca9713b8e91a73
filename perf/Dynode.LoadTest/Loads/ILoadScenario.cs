namespace Dynode.LoadTest.Loads;

/// <summary>
/// A load scenario, as NBomber knows one: begun once, stepped by many copies at once, ended once. What runs the steps is a host:
/// the plain one here, or NBomber's own. A scenario holds its own checks, so that its verdict is the same under both.
/// </summary>
internal interface ILoadScenario : IDisposable
{
    string Name { get; }

    /// <summary>One after another.</summary>
    IReadOnlyList<LoadSimulation> Simulations { get; }

    /// <summary>NBomber's WithInit. A failure ends the run.</summary>
    Task InitAsync();

    /// <summary>What NBomber measures: one action of one copy, bounded in time. It gives its failures back and throws none.</summary>
    /// <param name="copy">Whose step it is, from 0: NBomber's ThreadNumber.</param>
    Task<StepOutcome> StepAsync(int copy);

    /// <summary>Once, when no step runs any more, whether all went well or not. Gives what was checked and found right, line by line; fails with what was not.</summary>
    Task<IReadOnlyList<string>> CleanAsync();
}
