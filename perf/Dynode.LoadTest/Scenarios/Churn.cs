using Dynode.LoadTest.Clients;
using Dynode.LoadTest.Loads;
using Dynode.LoadTest.Stages;
using Dynode.TestKit;

namespace Dynode.LoadTest.Scenarios;

/// <summary>
/// Clients that come, send a little and go. Half of them ask and are answered, request by request; the others send all at once with
/// their FIN behind it, and get their replies all the same. Every request arrives, and no descriptor is left.
/// </summary>
internal sealed class Churn(string name, LoadSettings settings) : ILoadScenario
{
    private const int RequestsEach = 4;

    /// <summary>Each costs a descriptor and, in raw, one more for each server, at both ends: some hundreds a second are churn enough.</summary>
    private const int ClientsPerSecondMax = 300;

    private readonly Stage _stage = new(settings, new StagePlan());
    private LeakCheck? _leaks;

    public string Name => name;

    public IReadOnlyList<LoadSimulation> Simulations { get; } =
        [LoadSimulation.Inject(Math.Clamp(settings.Rate / RequestsEach, 1, ClientsPerSecondMax), TimeSpan.FromSeconds(1), settings.During)];

    public async Task InitAsync()
    {
        await _stage.StartAsync().ConfigureAwait(false);
        _leaks = LeakCheck.OfProcess(_stage.Broadcaster.Process.Id);
    }

    public Task<StepOutcome> StepAsync(int copy) => _stage.StepAsync(ComeAndGoAsync);

    public async Task<IReadOnlyList<string>> CleanAsync()
    {
        await _stage.ReachAllAsync().ConfigureAwait(false);
        await _leaks!.NothingLeftAsync().ConfigureAwait(false);
        await _stage.EndAsync().ConfigureAwait(false);
        var check = new ServerCheck(_stage, settings);
        return
        [
            .. _stage.Servers.Select(server => check.Check(server, Fate.Undisturbed)),
            $"broadcaster: {Expect.Number(_stage.Roster.Clients)} clients came and went; no descriptor left",
        ];
    }

    public void Dispose() => _stage.Dispose();

    private async Task<StepOutcome> ComeAndGoAsync()
    {
        try
        {
            using LoadClient client = await LoadClient.ConnectAsync(_stage.Broadcaster.Port, _stage.Roster, _stage.Format).ConfigureAwait(false);
            if (client.Id % 2 == 0) return StepOutcome.Ok(await client.AskAsync(RequestsEach, isLast: true).ConfigureAwait(false));
            int bytes = 0;
            for (int i = 0; i < RequestsEach; i++) bytes += await client.AskAsync().ConfigureAwait(false);
            await client.EndAsync().ConfigureAwait(false);
            return StepOutcome.Ok(bytes);
        }
        catch (Exception e) when (LoadClient.IsFailure(e))
        {
            return StepOutcome.Fail(e.Message);
        }
    }
}
