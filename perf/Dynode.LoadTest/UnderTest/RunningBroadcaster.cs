using Dynode.TestKit;

namespace Dynode.LoadTest.UnderTest;

/// <summary>The native binary in a process of its own, with a configuration file and a port of its own. Ends with this.</summary>
internal sealed class RunningBroadcaster : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly PortLease _lease = new();
    private readonly string[] _settings;
    private readonly PublishedList? _list;

    /// <param name="settings">Lines of its file beside address, log and servers.</param>
    /// <param name="servers">Their addresses.</param>
    /// <param name="byUrl">It takes them from a URL, not from its file.</param>
    public RunningBroadcaster(string[] settings, IEnumerable<string> servers, bool byUrl)
    {
        _settings = settings;
        if (byUrl)
        {
            _list = new PublishedList(servers);
            _settings = [.. settings, "servers_autoupdate=true", "servers_autoupdate_method=GET", $"servers_autoupdate_url={_list.Url}", "servers_autoupdate_refresh=0.1"];
            servers = [];
        }

        Configure(servers);
        Process = ProcessUnderTest.Start(Binary.Path, ["-c", ConfigurationPath], folder: _folder.Path);

        // A run that is broken off by a signal leaves nothing behind.
        AppDomain.CurrentDomain.ProcessExit += EndWithUs;
    }

    public ProcessUnderTest Process { get; }

    public int Port => _lease.Port;

    /// <summary>What it has said so far.</summary>
    public IEnumerable<BroadcasterEvent> Events => Process.Lines.Select(BroadcasterEvent.TryParse).OfType<BroadcasterEvent>();

    private string ConfigurationPath => Path.Combine(_folder.Path, "configuration");

    /// <summary>It takes these servers from now on; when is told by its log.</summary>
    public void List(IEnumerable<string> servers)
    {
        if (Process.HasExited) throw Ended();
        if (_list is not null)
        {
            _list.Publish(servers);
            return;
        }

        Configure(servers);
        Process.Send(UnixSignal.Hangup);
    }

    /// <summary>Where it takes its servers from a URL: this is what stands there, until it has asked for it twice. It is no list, and what it had stays.</summary>
    public async Task NoListAsync(string text)
    {
        if (_list is null) return;
        _list.Publish(text);
        int enough = _list.Asked + 2;
        await WaitAsync(() => _list.Asked >= enough, () => "it to ask for its list twice").ConfigureAwait(false);
    }

    /// <summary>Waits until it has said something; fails at once when it has ended.</summary>
    /// <param name="id">An <see cref="EventId"/>.</param>
    /// <param name="server">Said of it; empty: of whomever.</param>
    public async Task<BroadcasterEvent> SaysAsync(int id, string server = "")
    {
        BroadcasterEvent? found = null;
        await WaitAsync(() => (found = Find(id, server)) is not null, () => $"event {id} {server}").ConfigureAwait(false);
        return found!;
    }

    public BroadcasterEvent? Find(int id, string server = "") =>
        Events.FirstOrDefault(line => line.Id == id && (server.Length == 0 || line.Server == server));

    /// <summary>Waits for a condition; fails at once when it has ended, and with what was waited for after the deadline.</summary>
    public async Task WaitAsync(Func<bool> condition, Func<string> what)
    {
        await Eventually.True(() => condition() || Process.HasExited, () => $"waited for {what()}. {Process.Dump()}").ConfigureAwait(false);
        if (!condition()) throw Ended();
    }

    /// <summary>SIGTERM, and its end.</summary>
    public async Task EndAsync()
    {
        if (Process.HasExited) throw Ended();
        Process.Send(UnixSignal.Terminate);
        int status = await Process.ExitAsync().ConfigureAwait(false);
        if (status != 0) throw new ExpectationException($"it ended with exit status {status} instead of 0. {Process.Dump()}");
    }

    public ExpectationException Ended() =>
        new($"the broadcaster has ended while it was under load. {Process.Dump()}");

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= EndWithUs;
        Process.Dispose();
        _list?.Dispose();
        _lease.Dispose();
        _folder.Dispose();
    }

    private void EndWithUs(object? sender, EventArgs e) => Dispose();

    private void Configure(IEnumerable<string> servers) => File.WriteAllLines(
        ConfigurationPath,
        ["host=127.0.0.1", $"port={Port}", "log_format=json", "read_idle_timeout=0", .. _settings, $"servers={string.Join(", ", servers)}"]);
}
