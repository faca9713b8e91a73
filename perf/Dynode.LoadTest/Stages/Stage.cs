using Dynode.LoadTest.Clients;
using Dynode.LoadTest.Loads;
using Dynode.LoadTest.Records;
using Dynode.LoadTest.Requests;
using Dynode.LoadTest.Servers;
using Dynode.LoadTest.UnderTest;
using Dynode.TestKit;

namespace Dynode.LoadTest.Stages;

/// <summary>What every scenario has: servers that record, the broadcaster in its own process before them, clients before it.</summary>
internal sealed class Stage : IDisposable
{
    /// <summary>In the list from the start on.</summary>
    public const int ListedServers = 3;

    /// <summary>The one whose order is everybody's, in the framed protocols. Nothing is done to it.</summary>
    public const int Steadiest = ListedServers - 1;

    private const int SmallReceiverBytes = 16 << 10;

    private readonly LoadSettings _settings;
    private readonly string[] _configuration;
    private readonly bool _listsByUrl;
    private RunningBroadcaster? _broadcaster;
    private string? _firstFault;
    private long _failed;

    public Stage(LoadSettings settings, StagePlan plan)
    {
        _settings = settings;
        _listsByUrl = plan.ListsByUrl;
        var payload = new Payload(plan.PayloadBytes);
        Format = settings.Protocol switch
        {
            "redis" => new RedisFormat(payload),
            "memcached" => new MemcachedFormat(payload),
            _ => new LineFormat(payload),
        };
        var ledger = new OrderLedger();
        Servers =
        [
            .. Enumerable.Range(0, ListedServers + plan.ServersBeside).Select(index => new RecordingServer(
                index,
                settings.IsRaw ? new SessionRecord(Format) : new OrderRecord(ledger, Format, defines: index == Steadiest),
                Format)
            {
                Damage = index == settings.Damage.Server ? settings.Damage.Kind : DamageKind.None,
                WhenWrong = Roster.EndAll,
                ReceiveBufferBytes = index == plan.SmallReceiver ? SmallReceiverBytes : 0,
            }),
        ];
        Roster.Left = (client, sent) => Servers.ForEach(server => server.Record.ClientLeft(client, sent));
        Clients = new ClientPool(settings.Copies, () => Broadcaster.Port, Roster, Format);
        string[] replies = settings.Protocol == "line" ? ["line_replies=1"] : [];
        _configuration = [$"protocol={settings.Protocol}", "reply=primary", .. replies, .. plan.Settings];
    }

    public IRequestFormat Format { get; }

    public List<RecordingServer> Servers { get; }

    public Roster Roster { get; } = new();

    public ClientPool Clients { get; }

    public RunningBroadcaster Broadcaster => _broadcaster ?? throw new ExpectationException("the broadcaster was not started");

    /// <summary>The broadcaster accepts clients when done; in the framed protocols it has connected to its servers.</summary>
    public async Task StartAsync()
    {
        Servers.ForEach(server => server.Up());
        IEnumerable<RecordingServer> listed = Servers.Take(ListedServers);
        _broadcaster = new RunningBroadcaster(_configuration, listed.Select(server => server.Address), _listsByUrl);
        await Broadcaster.SaysAsync(EventId.Accepting).ConfigureAwait(false);
        if (!_settings.IsRaw) await WaitAsync(() => listed.All(server => server.Open == 1), () => "its connections to the servers").ConfigureAwait(false);
    }

    /// <summary>One request of the copy's client.</summary>
    public Task<StepOutcome> StepAsync(int copy) => StepAsync(() => Clients.StepAsync(copy));

    /// <summary>A step of the scenario's own. What went wrong at a server is every step's failure.</summary>
    public async Task<StepOutcome> StepAsync(Func<Task<StepOutcome>> step)
    {
        StepOutcome outcome = ServerFault() is { } before ? StepOutcome.Fail(before) : await step().ConfigureAwait(false);
        if (outcome.IsOk) return outcome;
        if (ServerFault() is { } fault) outcome = StepOutcome.Fail(fault);
        Interlocked.Increment(ref _failed);
        Interlocked.CompareExchange(ref _firstFault, outcome.Fault, null);
        return outcome;
    }

    /// <summary>Every client's last words, and that all servers but those named have come to the end of all that was sent.</summary>
    public async Task ReachAllAsync(params RecordingServer[] but)
    {
        ThrowIfWrong();
        await Clients.AskAllAsync().ConfigureAwait(false);
        RecordingServer[] wanted = [.. Servers.Except(but)];
        await WaitAsync(
            () => wanted.All(server => server.Record.Counts.Reached >= Roster.Requests),
            () => string.Join(", ", wanted.Select(server => $"{server} to come to the end: it has come to {server.Record.Counts.Reached} of {Roster.Requests} requests"))).ConfigureAwait(false);
    }

    /// <summary>Waits for a condition; fails at once when the broadcaster has ended or a server has got something wrong.</summary>
    public async Task WaitAsync(Func<bool> condition, Func<string> what)
    {
        await Broadcaster.WaitAsync(() => condition() || ServerFault() is not null, what).ConfigureAwait(false);
        if (Broadcaster.Process.HasExited) throw Broadcaster.Ended();
        if (ServerFault() is { } fault) throw new ExpectationException(fault);
    }

    /// <summary>All clients say goodbye.</summary>
    public Task LeaveAsync() => Clients.EndAllAsync();

    /// <summary>The broadcaster's end, and its last words against what the clients have sent.</summary>
    public async Task EndAsync()
    {
        await Broadcaster.EndAsync().ConfigureAwait(false);
        if (Broadcaster.Events.FirstOrDefault(line => line.IsError) is { } error) throw new ExpectationException($"the broadcaster says: {error.Text}");
        BroadcasterEvent stopped = Broadcaster.Find(EventId.Stopped) ?? throw new ExpectationException($"it has not said what it did. {Broadcaster.Process.Dump()}");
        Expect.Equal(Roster.Clients, stopped.Count("Accepted"), "clients that it says it has accepted");
        Expect.Equal(Roster.Bytes, stopped.Count("Received"), "bytes that it says it has received from clients");
        ThrowIfWrong();
    }

    public void Dispose()
    {
        Clients.Dispose();
        _broadcaster?.Dispose();
        Servers.ForEach(server => server.Dispose());
    }

    private string? ServerFault() => Servers.Select(server => server.Fault).FirstOrDefault(fault => fault is not null);

    private void ThrowIfWrong()
    {
        // In this order: a broadcaster that has ended makes servers and steps fail too.
        if (_broadcaster is { Process.HasExited: true } && Broadcaster.Find(EventId.Stopped) is null) throw Broadcaster.Ended();
        if (ServerFault() is { } fault) throw new ExpectationException(fault);
        if (Interlocked.Read(ref _failed) is > 0 and long failed) throw new ExpectationException($"{failed} steps failed; the first: {_firstFault}");
    }
}
