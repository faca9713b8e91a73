using Dynode.LoadTest.Loads;
using Dynode.LoadTest.Servers;
using Dynode.LoadTest.Stages;
using Dynode.LoadTest.UnderTest;

namespace Dynode.LoadTest.Scenarios;

/// <summary>
/// The list of servers changes under load, by the file and SIGHUP or at its URL: one is added, then another is removed. Those that
/// stay have everything; the added one has everything from its first request on, the removed one everything up to its last. What stands
/// at the URL in between is no list, or an empty one: nobody is removed for that.
/// </summary>
internal sealed class MembershipChange(string name, bool byUrl, LoadSettings settings) : ILoadScenario
{
    private const string EmptyList = "[]";
    private const string HalfList = "[\"127.0.0.1:";

    private const int RemovedIndex = 1;
    private const int AddedIndex = Stage.ListedServers;

    private readonly Stage _stage = new(settings, new StagePlan { ServersBeside = 1, ListsByUrl = byUrl });
    private Disturbance? _changes;

    public string Name => name;

    public IReadOnlyList<LoadSimulation> Simulations { get; } = [LoadSimulation.Inject(settings.Rate, TimeSpan.FromSeconds(1), settings.During)];

    private RecordingServer Removed => _stage.Servers[RemovedIndex];

    private RecordingServer Added => _stage.Servers[AddedIndex];

    public async Task InitAsync()
    {
        await _stage.StartAsync().ConfigureAwait(false);
        _changes = new Disturbance(ChangeAsync);
    }

    public Task<StepOutcome> StepAsync(int copy)
    {
        _changes!.Begin();
        return _stage.StepAsync(copy);
    }

    public async Task<IReadOnlyList<string>> CleanAsync()
    {
        await _changes!.EndAsync().ConfigureAwait(false);
        await _stage.ReachAllAsync(Removed).ConfigureAwait(false);
        await _stage.LeaveAsync().ConfigureAwait(false);
        await _stage.EndAsync().ConfigureAwait(false);
        var check = new ServerCheck(_stage, settings);
        return [.. _stage.Servers.Select(server => check.Check(server, FateOf(server)))];
    }

    public void Dispose() => _stage.Dispose();

    private Fate FateOf(RecordingServer server) => server == Added ? Fate.Added : server == Removed ? Fate.Removed : Fate.Undisturbed;

    private async Task ChangeAsync()
    {
        await Task.Delay(settings.During / 3).ConfigureAwait(false);
        await AddAsync().ConfigureAwait(false);
        await _stage.Broadcaster.NoListAsync(EmptyList).ConfigureAwait(false);
        await _stage.Broadcaster.NoListAsync(HalfList).ConfigureAwait(false);
        await Task.Delay(settings.During / 3).ConfigureAwait(false);
        await RemoveAsync().ConfigureAwait(false);
    }

    private async Task AddAsync()
    {
        _stage.Broadcaster.List(_stage.Servers.Select(server => server.Address));
        await _stage.Broadcaster.SaysAsync(EventId.ServerAdded, Added.Address).ConfigureAwait(false);

        // A turn that had begun before may have taken one request more of each client.
        Dictionary<int, long> begun = _stage.Roster.Begun().ToDictionary(entry => entry.Key, entry => entry.Value + 1);
        await _stage.WaitAsync(() => Added.Record.Counts.Requests > 0, () => $"requests to {Added}").ConfigureAwait(false);
        await _stage.Clients.AskAllAsync().ConfigureAwait(false);
        await _stage.Clients.AskAllAsync().ConfigureAwait(false);
        await _stage.WaitAsync(() => Added.Record.LacksFrom(begun) is null, () => $"{Added} to get {Added.Record.LacksFrom(begun)}, sent after it was added").ConfigureAwait(false);
    }

    private async Task RemoveAsync()
    {
        Dictionary<int, long> answered = _stage.Roster.Answered();
        _stage.Broadcaster.List(_stage.Servers.Where(server => server != Removed).Select(server => server.Address));
        await _stage.Broadcaster.SaysAsync(EventId.ServerRemoved, Removed.Address).ConfigureAwait(false);
        await _stage.WaitAsync(() => Removed.Open == 0, () => $"the goodbye to {Removed}").ConfigureAwait(false);
        Expect.Nothing(Removed.Record.LacksUpTo(answered), $"{Removed} has not got what was answered before it was removed");
    }
}
