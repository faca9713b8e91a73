using Dynode.LoadTest;
using Dynode.LoadTest.Hosting;
using Dynode.LoadTest.Loads;
using Dynode.LoadTest.Scenarios;

return new LoadOptions().Run(
    args,
    async (name, settings) =>
    {
        using ILoadScenario scenario = ScenarioCatalogue.Create(name, settings);
        return await new PlainHost(scenario, Console.Out).RunAsync().ConfigureAwait(false);
    },
    Console.Out);
