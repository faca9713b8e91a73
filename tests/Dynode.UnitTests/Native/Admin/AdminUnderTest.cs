using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Dynode.Broadcast;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Log;
using Dynode.Native.Admin;
using Dynode.Native.Certificates;
using Dynode.Native.Configuration;
using Dynode.Streams;
using Dynode.Streams.Claims;
using Dynode.UnitTests.Native.Configuration;
using Microsoft.Extensions.Logging;

namespace Dynode.UnitTests.Native.Admin;

/// <summary>An admin side with a host behind it that is only said: what it is asked to look at, and which orders it was given.</summary>
internal sealed class AdminUnderTest : IOperated, IOperator, IDisposable
{
    public const string Token = "t0ken-of-the-test";
    public const string Password = "passw0rd-of-the-test";

    private static int _made;

    private readonly AdminServer _server;
    private readonly Sampler _sampler;
    private readonly Socket _listener;
    private readonly string _control;
    private readonly ClientTls? _shown;
    private readonly AdminTls? _tls;
    private readonly LogLinesSink _log = new();

    public AdminUnderTest(params string[] sets)
        : this(static () => Snapshot(), TimeProvider.System, sets)
    {
    }

    /// <summary>One that waits for others as briefly as Kestrel can.</summary>
    public AdminUnderTest(AdminPatience patience)
        : this(static () => Snapshot(), TimeProvider.System, [], patience)
    {
    }

    public AdminUnderTest(Func<BroadcastSnapshot> look, TimeProvider time, params string[] sets)
        : this(look, time, sets, AdminPatience.Usual)
    {
    }

    /// <summary>One whose port speaks TLS.</summary>
    public AdminUnderTest(ClientTls shown, TimeProvider time, TimeSpan handshake, AdminPatience patience)
        : this(static () => Snapshot(), time, [], patience, shown, handshake)
    {
    }

    private AdminUnderTest(Func<BroadcastSnapshot> look, TimeProvider time, string[] sets, AdminPatience patience, ClientTls? shown = null, TimeSpan handshake = default)
    {
        Settings = Reading.OfSets([Reading.Servers, "protocol=redis", $"client_password={Password}", $"backend_password={Password}", .. sets]).Good();
        var port = AdminDoor.Open(new AdminPlace(null, "127.0.0.1", 0), isControl: false);
        _listener = port.Sockets[0];
        Address = (IPEndPoint)_listener.LocalEndPoint!;
        _control = $"\0dynode/test/{Environment.ProcessId}/{Interlocked.Increment(ref _made)}";
        var control = AdminDoor.Open(new AdminPlace(_control, null, 0), isControl: true);
        _sampler = new Sampler(look, () => Settings.Broadcast.Protocol == Protocol.Raw ? null : Settings.Broadcast.BacklogBytesMax, _log, time);
        if (shown is not null)
        {
            _shown = shown;
            _tls = new AdminTls(shown.ShownFor, () => handshake, _log, time);
        }

        _server = AdminServer.Start([port, control], this, this, _sampler, () => Settings.Admin, "1.2.3", _log, time, patience, _tls);
    }

    public IPEndPoint Address { get; }

    public HostSettings Settings { get; }

    public IEnumerable<string> Listen => ["127.0.0.1:9000"];

    public bool IsAccepting { get; set; } = true;

    public bool IsEnding { get; set; }

    public MembershipFigures Membership { get; set; } = new(true, false, null, 0, null);

    public CertificateFigures? Certificates
    {
        get => _shown is null ? field : new(_shown.End, _shown.Fault);
        set;
    }

    public AdminHandshakes? AdminHandshakes => _tls?.Figures;

    /// <summary>To the port and to the control socket, that are open.</summary>
    public int Connections => _server.Connections;

    public ImmutableArray<OperatedEvent> Events { get; set; } = [new(DateTime.UnixEpoch, "WARN", 1102, "server is down", false), new(DateTime.UnixEpoch, "WARN", 1508, "differs: SET secret-key", true)];

    public long LogLinesDropped => 0;

    public long DescriptorsMax => 1024;

    /// <summary>Every order that was given.</summary>
    public List<string> Orders { get; } = [];

    /// <summary>What each order comes to.</summary>
    public OrderAnswer Answers { get; set; } = new(OrderOutcome.Done, "done");

    public IReadOnlyList<string> Log => _log.Lines;

    public static BroadcastSnapshot Snapshot(params (string Address, BackendState State)[] servers) => new()
    {
        ClientsMax = 10_000,
        Errors = [.. Enum.GetValues<ErrorReason>().Select(reason => new ErrorCount(reason, 0))],
        Ended = [.. new long[Enum.GetValues<EndReason>().Length]],
        Durations = new DurationHistogram([.. new long[DurationHistogram.Steps]], 0),
        Memory = new PoolSnapshot(1 << 30, 0, 0, 0, 0, 0, 0),
        Backends = [.. (servers.Length == 0 ? [("10.0.0.1:6379", BackendState.Up)] : servers).Select(server => new BackendSnapshot
        {
            Address = Of(server.Address),
            State = server.State,
            Drops = [.. Enum.GetValues<DropReason>().Select(reason => new DropCount(reason, 0, 0))],
            Standing = new FramedStanding(server.State == BackendState.Up, server.State == BackendState.Up, false, null, -1, 0, 0, 0, null, true, server.State == BackendState.Up),
        })],
    };

    /// <summary>The same with an ordered log, which is read.</summary>
    public static BroadcastSnapshot WithLog(BroadcastSnapshot snapshot, Func<FeedSnapshot, FeedSnapshot>? change = null, OrderedPlace? place = null)
    {
        // Two requests waited for 2 ms each.
        long[] waited = new long[DurationHistogram.Steps];
        waited[20] = 2;
        var feed = new FeedSnapshot
        {
            State = StreamStandingKind.Reading,
            Why = "",
            Stream = "orders",
            Identity = "00c0ffee00c0ffee",
            Server = "nats-1.example:4222",
            Leader = "n1",
            Where = "nats-server 2.10.27 at nats-1.example:4222, leader n1, 3 replicas",
            RoundTrip = TimeSpan.FromMilliseconds(12.5),
            Placed = 990,
            Last = 1_000,
            Waiting = 7,
            InFlight = 2,
            Window = 8,
            Parcels = 40,
            ParcelRequests = 160,
            SentAgain = 3,
            NotKept = 5,
            NotKeptUntold = 1,
            Unknown = 4,
            Living = [new LivingOne("00000000000000f2", "fra-2, port 9000, process 7", true, null, 1)],
            LeaderChanges = 1,
            Overtaken = 12,
            Lanes = 2,
            Ranges = new RangeFigures(11, 2, 6),
            Places = new DurationHistogram([.. waited], 40),
        };
        return snapshot with
        {
            Feed = change is null ? feed : change(feed),
            Backends = [.. snapshot.Backends.Select(backend => backend with
            {
                Place = place ?? new OrderedPlace(ClaimState.Held, "", 980, 20),
                Standing = backend.Standing! with { IsFromStream = true, Watermark = new FramedWatermark(979, 1, 3, "careful", 6, 8, 9) },
            })],
        };
    }

    public static BackendAddress Of(string text)
    {
        Assert.True(BackendAddress.TryParse(text, out var address, out _));
        return address!;
    }

    public string SourceOf(BackendAddress server) => "file";

    /// <summary>Asks by the port, or by the control socket.</summary>
    public async Task<(int Status, string Body, HttpResponseMessage Response)> AskAsync(
        string path, HttpMethod? method = null, string? token = null, string? host = null, string? origin = null, bool byControl = false, Action<HttpRequestMessage>? also = null)
    {
        using var client = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(byControl ? AddressFamily.Unix : AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(byControl ? new UnixDomainSocketEndPoint(_control) : Address, cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, $"http://127.0.0.1:{Address.Port}{path}");
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (host is not null)
            request.Headers.Host = host;
        if (origin is not null)
            request.Headers.Add("Origin", origin);
        also?.Invoke(request);
        var response = await client.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response);
    }

    public OrderAnswer Order(BackendAddress server, BackendOrder order, bool whenCurrent) => Ordered($"{order} {server}{(whenCurrent ? " when current" : "")}");

    public OrderAnswer Add(BackendAddress server) => Ordered($"Add {server}");

    public OrderAnswer Remove(BackendAddress server) => Ordered($"Remove {server}");

    public Task<OrderAnswer> CloseGapsAsync(BackendAddress? server) => Task.FromResult(Ordered($"CloseGaps {server}"));

    public Task<OrderAnswer> AdoptAsync(ImmutableArray<BackendAddress> servers) => Task.FromResult(Ordered($"Adopt {string.Join(' ', servers)}"));

    public SlowRequest[] SlowRequests() =>
        [new(17, DateTimeOffset.UnixEpoch, TimeSpan.FromSeconds(0.25), new IPEndPoint(IPAddress.Loopback, 1_001), "SET", "slow-key", 4_711, "10.0.0.1:6379")];

    public OrderAnswer CloseClient(long id) => Ordered($"CloseClient {id}");

    public ClientFigures[] Clients() => [.. Enumerable.Range(1, 5).Select(i => new ClientFigures(i, new IPEndPoint(IPAddress.Loopback, 1_000 + i), TimeSpan.FromSeconds(10 - i), i * 7 % 5, i, i, 0, i % 3, false))];

    public OrderAnswer SetLogLevel(LogLevel level, TimeSpan? lentFor) => Ordered($"SetLogLevel {level} {lentFor?.TotalSeconds}");

    public OrderAnswer Reload() => Ordered("Reload");

    public OrderAnswer Drain() => Ordered("Drain");

    public void Dispose()
    {
        _server.Dispose();
        _sampler.Dispose();
    }

    private OrderAnswer Ordered(string order)
    {
        lock (Orders)
            Orders.Add(order.Trim());
        return Answers;
    }

}
