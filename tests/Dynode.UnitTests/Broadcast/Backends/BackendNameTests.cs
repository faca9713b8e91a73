using System.Collections.Concurrent;
using System.Net;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.TestKit;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Broadcast.Backends;

/// <summary>When a server's name is looked up, and what becomes of its address.</summary>
public sealed class BackendNameTests : IDisposable
{
    private const string Name = "server.example";

    private static readonly BroadcastSettings Settings = new();
    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);

    /// <summary>Timers are set a little later than they are due, for they may fire early.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromMilliseconds(1);

    private readonly ScriptedNames _names = new();
    private readonly FakeTimeProvider _time = new();
    private readonly Lines _log = new();
    private Backend? _backend;

    private Backend Server => _backend ?? throw new InvalidOperationException("It has not been made.");

    public void Dispose()
    {
        _backend?.Dispose();
        _names.Dispose();
    }

    [Fact]
    public void An_address_needs_no_lookup()
    {
        Make("10.0.0.1:7000");
        Assert.True(Server.TryGrant(new Connector(), out EndPoint? endPoint));
        Assert.Equal("10.0.0.1:7000", $"{endPoint}");
        _time.Advance(10 * Settings.NameRefresh);
        Server.LookUpAgain();
        Assert.Equal((0, false), (_names.Asked("10.0.0.1"), Server.Name.HasLeft(endPoint!)));
    }

    [Fact]
    public void A_path_needs_no_lookup_and_stays_where_nobody_listens()
    {
        Make("unix:/run/redis.sock");
        var connector = new Connector();
        Assert.True(Server.TryGrant(connector, out EndPoint? endPoint));
        Assert.Equal("/run/redis.sock", $"{endPoint}");
        _ = Server.ConnectFailed(connector, endPoint!, "there is no such file");
        _time.Advance(10 * Settings.NameRefresh);
        Server.LookUpAgain();
        Assert.Equal((false, false), (Server.Name.IsUnknown, Server.Name.HasLeft(endPoint!)));
        Assert.True(Server.TryGrant(connector, out EndPoint? again));
        Assert.Equal(endPoint, again);
    }

    [Fact]
    public async Task A_lookup_without_an_answer_makes_the_server_down_after_the_connect_timeout_tells_those_who_wait_and_goes_on()
    {
        _names.Silence(Name);
        Make();
        Connector[] connectors = [new(), new()];
        foreach (Connector connector in connectors)
            Assert.False(Server.TryGrant(connector, out _));
        await Eventually.Equal(1, () => _names.Hanging);
        _time.Advance(Settings.ConnectTimeout - Tick);
        Assert.Equal((false, true), (Server.IsDown, Server.Name.IsUnknown));
        Assert.All(connectors, connector => Assert.Equal(0, connector.Wakes));
        _time.Advance(Tick + Slack);
        Assert.True(Server.IsDown);
        Assert.All(connectors, connector => Assert.Equal(1, connector.Wakes));
        Assert.Contains("has had no answer for 5 s", Assert.Single(_log.Of(1109)), StringComparison.Ordinal);

        // One more who comes late is told by the state itself. The answer, when it comes at last, serves.
        Assert.False(Server.TryGrant(new Connector(), out _));
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(1, _names.Asked(Name));
        _names.Set(Name, "10.0.0.1");
        await Eventually.Equal(2, () => connectors[0].Wakes);
        Assert.True(Server.TryGrant(connectors[0], out EndPoint? endPoint));
        Server.Connected(connectors[0], endPoint!);
        Assert.False(Server.IsDown);
        Assert.Single(_log.Of(1101));
    }

    [Fact]
    public async Task A_silent_name_is_said_once_to_be_so()
    {
        _names.Silence(Name);
        Make();
        var connector = new Connector();
        for (int i = 0; i < 5; i++)
        {
            await Eventually.True(() =>
            {
                _time.Advance(TimeSpan.FromSeconds(0.1));
                Server.TryGrant(connector, out _);
                return _names.Hanging == 1;
            });
            _time.Advance(Settings.ConnectTimeout + Slack);
            Assert.True(Server.IsDown);
            _names.Remove(Name);
            await Eventually.Equal(0, () => _names.Hanging);
            _names.Silence(Name);
        }

        await Eventually.Equal(1, () => _log.Of(1102).Count());
        Assert.Equal((1, 1), (_log.Of(1109).Count(), _log.Of(1102).Count()));
    }

    [Fact]
    public async Task A_name_is_looked_up_again_when_its_time_has_come_and_not_before()
    {
        await ResolvedAsync("10.0.0.1");
        for (int i = 1; i <= 3; i++)
        {
            _time.Advance(Settings.NameRefresh - Tick);
            Assert.Equal(i, _names.Asked(Name));
            _time.Advance(Tick + Slack);
            int asked = i + 1;
            await Eventually.Equal(asked, () => _names.Asked(Name));
            await AnsweredAsync();
        }
    }

    [Fact]
    public async Task With_0_a_name_is_looked_up_again_only_after_a_failure_or_when_the_operator_says_so()
    {
        EndPoint first = await ResolvedAsync("10.0.0.1", Settings with { NameRefresh = TimeSpan.Zero });
        _time.Advance(TimeSpan.FromDays(20));
        Assert.Equal(1, _names.Asked(Name));
        Server.LookUpAgain();
        await Eventually.Equal(2, () => _names.Asked(Name));
        await AnsweredAsync();

        var connector = new Connector();
        Assert.True(Server.TryGrant(connector, out _));
        _names.Set(Name, "10.0.0.2");
        Server.ConnectFailed(connector, first, "connection refused");
        Assert.False(Server.TryGrant(connector, out _));
        await Eventually.Equal(1, () => connector.Wakes);
        Assert.True(Server.TryGrant(connector, out EndPoint? second));
        Assert.Equal("10.0.0.2:7000", $"{second}");
    }

    [Fact]
    public async Task A_server_that_has_moved_is_connected_to_where_it_is_now()
    {
        EndPoint first = await ResolvedAsync("10.0.0.1");
        await RefreshAsync("10.0.0.2", "10.0.0.3");
        await Eventually.True(() => Server.Name.HasLeft(first));
        Assert.Equal("10.0.0.2:7000", $"{Granted()}");

        // It is said outside the lock under which it is known.
        await Eventually.True(() => _log.Of(1110).Any());
        string line = Assert.Single(_log.Of(1110));
        Assert.Contains("10.0.0.1:7000", line, StringComparison.Ordinal);
        Assert.Contains("10.0.0.2:7000", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_is_still_among_the_answers_stays_in_use()
    {
        EndPoint first = await ResolvedAsync("10.0.0.2", "10.0.0.1");
        await RefreshAsync("10.0.0.1", "10.0.0.3", "10.0.0.2");
        Assert.False(Server.Name.HasLeft(first));
        Assert.Equal("10.0.0.2:7000", $"{Granted()}");
        Assert.Empty(_log.Of(1110));
    }

    [Fact]
    public async Task A_lookup_again_that_fails_finds_nothing_or_only_ourselves_keeps_the_address_and_says_so_once()
    {
        EndPoint first = await ResolvedAsync("10.0.0.1");
        _names.Remove(Name);
        Server.LookUpAgain();
        await AnsweredAsync();
        await RefreshAsync();
        await RefreshAsync("127.0.0.1");
        _names.Silence(Name);
        Server.LookUpAgain();
        await Eventually.Equal(1, () => _names.Hanging);
        _time.Advance(10 * Settings.NameRefresh);
        Assert.Equal((false, false, false), (Server.Name.HasLeft(first), Server.IsDown, Server.Name.IsUnknown));
        Assert.Equal("10.0.0.1:7000", $"{Granted()}");
        Assert.Contains("stays at 10.0.0.1:7000", Assert.Single(_log.Of(1111)), StringComparison.Ordinal);

        // What works again, and fails again, is news.
        _names.Set(Name, "10.0.0.1");
        await AnsweredAsync();
        _names.Remove(Name);
        Server.LookUpAgain();
        await AnsweredAsync();
        Assert.Equal(2, _log.Of(1111).Count());
    }

    [Fact]
    public async Task The_operator_need_not_wait_for_the_backoff_of_a_name_that_does_not_exist()
    {
        Make();
        var connector = new Connector();
        Assert.False(Server.TryGrant(connector, out _));
        for (int i = 0; i < 50; i++)
        {
            int asked = _names.Asked(Name);
            await Eventually.True(() =>
            {
                _time.Advance(TimeSpan.FromSeconds(0.5));
                return _names.Asked(Name) > asked;
            });
            await AnsweredAsync();
        }

        _names.Set(Name, "10.0.0.1");
        int wakes = connector.Wakes;
        Server.LookUpAgain();
        await Eventually.Equal(wakes + 1, () => connector.Wakes);
        Assert.True(Server.TryGrant(connector, out _));
    }

    [Fact]
    public async Task What_a_lookup_says_after_the_end_concerns_nobody()
    {
        _names.Silence(Name);
        Make();
        Server.TryGrant(new Connector(), out _);
        await Eventually.Equal(1, () => _names.Hanging);
        Server.Dispose();
        _names.Remove(Name);
        await Eventually.Equal(0, () => _names.Hanging);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, _names.Asked(Name));
    }

    private void Make(string address = $"{Name}:7000", BroadcastSettings? settings = null)
    {
        var plane = new DataPlane(settings ?? Settings, _log, _time) { OwnEndPoints = [new IPEndPoint(IPAddress.Loopback, 7000)] };
        Assert.True(BackendAddress.TryParse(address, out BackendAddress? parsed, out _));
        _backend = new Backend(parsed, plane, new NameLookups(_names.Look, 4, _time));
    }

    private Task<EndPoint> ResolvedAsync(params string[] addresses) => ResolvedAsync(addresses, Settings);

    private Task<EndPoint> ResolvedAsync(string address, BroadcastSettings settings) => ResolvedAsync([address], settings);

    private async Task<EndPoint> ResolvedAsync(string[] addresses, BroadcastSettings settings)
    {
        _names.Set(Name, addresses);
        Make(settings: settings);
        var connector = new Connector();
        Assert.False(Server.TryGrant(connector, out _));
        await Eventually.Equal(1, () => connector.Wakes);
        Assert.True(Server.TryGrant(connector, out EndPoint? endPoint));
        Server.Connected(connector, endPoint!);
        return endPoint!;
    }

    private async Task RefreshAsync(params string[] addresses)
    {
        _names.Set(Name, addresses);
        int asked = _names.Asked(Name);
        Server.LookUpAgain();
        await Eventually.True(() => _names.Asked(Name) > asked);
        await AnsweredAsync();
    }

    /// <summary>The last lookup has been taken in: whoever asks for another gets one. It is not asked of the names again.</summary>
    private Task AnsweredAsync() => Eventually.True(() => _names.Hanging == 0 && !Server.Name.IsAsked);

    private EndPoint Granted()
    {
        var connector = new Connector();
        Assert.True(Server.TryGrant(connector, out EndPoint? endPoint));
        Server.Withdraw(connector);
        return endPoint!;
    }

    private sealed class Connector : IConnector
    {
        private int _wakes;

        public int Wakes => Volatile.Read(ref _wakes);

        public ConnectGrant Grant { get; set; }

        public bool IsQueued { get; set; }

        public void Wake() => Interlocked.Increment(ref _wakes);
    }

    private sealed class Lines : ILogger
    {
        private readonly ConcurrentQueue<(int Id, string Text)> _lines = new();

        public IEnumerable<string> Of(int id) => _lines.Where(line => line.Id == id).Select(line => line.Text);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue((eventId.Id, formatter(state, exception)));
    }
}
