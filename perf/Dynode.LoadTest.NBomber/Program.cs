using Dynode.LoadTest;
using Dynode.LoadTest.Loads;
using Dynode.LoadTest.NBomber;
using Dynode.LoadTest.Scenarios;

return new LoadOptions().Run(
    args,
    async (name, settings) =>
    {
        using ILoadScenario scenario = ScenarioCatalogue.Create(name, settings);
        return await new NBomberHost(scenario).RunAsync().ConfigureAwait(false);
    },
    Console.Out);
