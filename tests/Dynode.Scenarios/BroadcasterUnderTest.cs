using System.Net.Sockets;
using Dynode.Broadcast;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Transport;
using Dynode.Log;
using Dynode.TestKit;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Dynode.Scenarios;

/// <summary>
/// A broadcaster on a port of the system's choice in front of scripted servers. Its end is part of every test: no session
/// failed by a fault of the program, and not one page is out.
/// </summary>
internal sealed class BroadcasterUnderTest : IDisposable
{
    private const int SessionFault = 1901;

    private readonly Broadcaster _broadcaster;
    private bool _drained;
    private long _connected;

    private BroadcasterUnderTest(BroadcastSettings settings, IEnumerable<string> servers, TimeProvider time, NameLookups lookups, Action<Broadcaster>? bind = null, Func<PagePool, OrderedLog>? ordered = null, IClientTls? tls = null, IServerTls? serverTls = null)
    {
        _broadcaster = new Broadcaster(settings with { Port = 0 }, Log, time, lookups, ordered, tls, serverTls);
        (bind ?? (static door => door.Bind()))(_broadcaster);
        Apply(servers);
    }

    public LogLines Log { get; } = new();

    public int Port => _broadcaster.EndPoints[0].Port;

    public Broadcaster Door => _broadcaster;

    public BroadcastSnapshot Snapshot => _broadcaster.Snapshot();

    public static BroadcasterUnderTest Start(BroadcastSettings settings, params ScriptedServer[] servers) =>
        Start(settings, servers.Select(server => server.Address));

    public static BroadcasterUnderTest Start(BroadcastSettings settings, IEnumerable<string> servers) =>
        new(settings, servers, TimeProvider.System, NameLookups.OfSystem(NameLookups.ThreadsMax));

    /// <summary>With another resolver than the system's.</summary>
    public static BroadcasterUnderTest Start(BroadcastSettings settings, NameLookups lookups, IEnumerable<string> servers) =>
        new(settings, servers, TimeProvider.System, lookups);

    /// <summary>With another resolver, and on a clock that the test moves.</summary>
    public static BroadcasterUnderTest Start(BroadcastSettings settings, TimeProvider time, NameLookups lookups, IEnumerable<string> servers) =>
        new(settings, servers, time, lookups);

    /// <summary>On a clock that the test moves: no deadline comes of itself.</summary>
    public static BroadcasterUnderTest Start(BroadcastSettings settings, TimeProvider time, params ScriptedServer[] servers) =>
        new(settings, servers.Select(server => server.Address), time, NameLookups.OfSystem(1));

    /// <summary>The one that goes on from another, which has ended; clients come to it by the same sockets.</summary>
    public static BroadcasterUnderTest GoOn(BroadcastSettings settings, HandedOver before, IReadOnlyCollection<Socket> listeners, IEnumerable<string> servers) =>
        new(settings, servers, TimeProvider.System, NameLookups.OfSystem(1), door =>
        {
            door.Bind(listeners);
            door.GoOnFrom(before);
        });

    /// <summary>One of several that follow one order.</summary>
    public static BroadcasterUnderTest Start(BroadcastSettings settings, IEnumerable<string> servers, TimeProvider time, Func<PagePool, OrderedLog> ordered, NameLookups? lookups = null) =>
        new(settings, servers, time, lookups ?? NameLookups.OfSystem(1), null, ordered);

    /// <summary>One to which clients may come by TLS as well.</summary>
    public static BroadcasterUnderTest Start(BroadcastSettings settings, IEnumerable<string> servers, TimeProvider time, IClientTls tls) =>
        new(settings, servers, time, NameLookups.OfSystem(1), tls: tls);

    /// <summary>One whose servers may be spoken to by TLS; where it goes on from another, from that.</summary>
    public static BroadcasterUnderTest Start(BroadcastSettings settings, IEnumerable<string> servers, IServerTls serverTls, TimeProvider? time = null, HandedOver? before = null) =>
        new(settings, servers, time ?? TimeProvider.System, NameLookups.OfSystem(1), before is null ? null : door =>
        {
            door.Bind();
            door.GoOnFrom(before);
        }, serverTls: serverTls);

    public static BackendSet Set(IEnumerable<string> servers) => BackendSet.Of(servers.Select(Address));

    public static BackendAddress Address(string text) =>
        ServerScheme.TryParse(text, out var address, out string? fault) ? address : throw new ArgumentException(fault, nameof(text));

    public void Apply(IEnumerable<string> servers) => _broadcaster.Apply(Set(servers));

    public void Apply(params ScriptedServer[] servers) => Apply(servers.Select(server => server.Address));

    public async Task<TestClient> ConnectAsync()
    {
        var client = await TestClient.ConnectAsync(Port);
        Interlocked.Increment(ref _connected);
        return client;
    }

    public BackendSnapshot Of(ScriptedServer server) => Snapshot.Backends.Single(backend => backend.Address == Address(server.Address));

    public long Dropped(ScriptedServer server, DropReason reason) => Of(server).Drops.Single(drop => drop.Reason == reason).Requests;

    public DropCount Drop(ScriptedServer server, DropReason reason) => Of(server).Drops.Single(drop => drop.Reason == reason);

    /// <summary>
    /// Sends one burst of the only client and waits until the broadcaster has read it and found the client's socket empty:
    /// what is sent next is the next burst. Seen by the hold that a pending receive has on the log's open page, beside its
    /// writer's and the cursors'.
    /// </summary>
    /// <param name="client">The only one.</param>
    /// <param name="bytes">The burst.</param>
    /// <param name="cursors">Servers that the session still has something for, or may have.</param>
    public async Task BurstAsync(TestClient client, ReadOnlyMemory<byte> bytes, int cursors)
    {
        await client.SendAsync(bytes);
        await ReadByAsync(client, cursors);
    }

    /// <summary>All that the only client sent has been read, its socket was found empty, and so many servers are in its session.</summary>
    public Task ReadByAsync(TestClient client, int cursors)
    {
        string held = $"held {cursors + 2} times";
        return Eventually.True(
            () => Snapshot.ReceivedBytes == client.SentBytes
                && _broadcaster.DescribeOutstandingPages().Any(page => page.Contains(held, StringComparison.Ordinal) && !page.EndsWith(", closed", StringComparison.Ordinal)),
            () => $"{client.SentBytes} bytes sent, {cursors} cursors\n{Dump()}");
    }

    /// <summary>A server that does not read takes some bytes each two seconds, for twenty.</summary>
    public async Task TakenBitByBitAsync(ScriptedServer server, FakeTimeProvider time)
    {
        for (int i = 0; i < 10; i++)
        {
            long before = Of(server).SentBytes;
            server.ResumeReading();
            await Eventually.True(() => Of(server).SentBytes > before, Dump);
            server.PauseReading();
            time.Advance(TimeSpan.FromSeconds(2));
        }
    }

    /// <summary>Every session has ended of itself, also those of clients that the kernel had not yet shown us.</summary>
    public Task NobodyLeftAsync() => Eventually.True(
        () => Snapshot is { Clients: 0, Lingering: 0 } now && now.Accepted + now.Refused >= Volatile.Read(ref _connected) && now.Memory.OutstandingPages == 0,
        Dump);

    public async Task DrainAsync()
    {
        _drained = true;
        await _broadcaster.DrainAsync();
    }

    public string Dump() =>
        $"{Snapshot}\n{string.Join('\n', Snapshot.Backends.Select(backend => $"{backend} {string.Join(' ', backend.Drops.Where(drop => drop.Bytes > 0))}"))}\n"
        + $"{string.Join('\n', _broadcaster.DescribeOutstandingPages())}\n{Log.Dump()}";

    public void Dispose()
    {
        if (!_drained)
            _broadcaster.Dispose();
        _drained = true;
        Assert.True(Log.Count(SessionFault) == 0, Dump());
        Assert.True(_broadcaster.DescribeOutstandingPages().Count == 0, Dump());
    }
}
