using System.Net;
using System.Net.Sockets;
using Dynode.LoadTest.Records;
using Dynode.LoadTest.Requests;
using Dynode.TestKit;

namespace Dynode.LoadTest.Servers;

/// <summary>
/// A server on 127.0.0.1 that holds what it gets against its record, answers each request, and goes down, stalls or slows when the
/// scenario says so. Any thread; <c>_lock</c> guards the listener and the connections.
/// </summary>
internal sealed class RecordingServer : IDisposable
{
    private const int ListenBacklog = 1024;

    private readonly Lock _lock = new();
    private readonly PortLease _lease = new();
    private readonly Dictionary<RecordingConnection, Task> _connections = [];
    private Socket? _listener;
    private Task _accepting = Task.CompletedTask;
    private TaskCompletionSource? _stalled;
    private long _received;
    private long _preambles;
    private long _requests;
    private int _accepted;
    private string? _fault;

    /// <param name="index">In the list of servers.</param>
    /// <param name="record">What it is held against.</param>
    /// <param name="format">What it is sent.</param>
    public RecordingServer(int index, IServerRecord record, IRequestFormat format)
    {
        Index = index;
        Record = record;
        Format = format;
    }

    public int Index { get; }

    public IServerRecord Record { get; }

    public IRequestFormat Format { get; }

    /// <summary>As in <c>servers=</c>.</summary>
    public string Address => $"127.0.0.1:{_lease.Port}";

    /// <summary>What it does to one request; it is held to have got all.</summary>
    public DamageKind Damage { get; init; }

    /// <summary>Called when something was wrong first with what it got: nobody need wait for anything any more.</summary>
    public Action? WhenWrong { get; init; }

    /// <summary>SO_RCVBUF of the connections to come, in bytes; 0: the kernel's.</summary>
    public int ReceiveBufferBytes { get; init; }

    /// <summary>Waits so long before each read, which is then a small one; zero: it is as fast as it can.</summary>
    public TimeSpan Pace { get; set; }

    /// <summary>Reads and records, and keeps its answers back.</summary>
    public bool Mute { get; set; }

    /// <summary>Read from the kernel, without what the broadcaster asked for itself.</summary>
    public long ReceivedBytes => Interlocked.Read(ref _received) - Interlocked.Read(ref _preambles);

    /// <summary>Ever.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    public int Open
    {
        get
        {
            lock (_lock) return _connections.Count;
        }
    }

    /// <summary>What was wrong first with what it got; null: nothing.</summary>
    public string? Fault => _fault ?? (Record.Counts.Fault is { } fault ? $"{this}: {fault}" : null);

    /// <summary>Done when it may read.</summary>
    internal Task MayRead
    {
        get
        {
            lock (_lock) return _stalled?.Task ?? Task.CompletedTask;
        }
    }

    public override string ToString() => $"server {Index} ({Address})";

    /// <summary>Listens, again on the same port.</summary>
    public void Up()
    {
        lock (_lock)
        {
            var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.Loopback, _lease.Port));
            if (ReceiveBufferBytes > 0) listener.ReceiveBufferSize = ReceiveBufferBytes;
            listener.Listen(ListenBacklog);
            _listener = listener;
            _accepting = AcceptAsync(listener);
        }
    }

    /// <summary>As when its process dies: nobody listens, and all connections are reset. When done, nothing more is recorded.</summary>
    public async Task DownAsync()
    {
        Task accepting;
        lock (_lock)
        {
            _listener?.Dispose();
            _listener = null;
            accepting = _accepting;
            foreach (RecordingConnection connection in _connections.Keys) connection.Reset();
        }

        Resume();
        await accepting.ConfigureAwait(false);
        Task[] ends;
        lock (_lock) ends = [.. _connections.Values];
        await Task.WhenAll(ends).ConfigureAwait(false);
    }

    /// <summary>Reads nothing more from the next read on, though it stays connected.</summary>
    public void Stall()
    {
        lock (_lock) _stalled ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Resume()
    {
        lock (_lock)
        {
            _stalled?.SetResult();
            _stalled = null;
        }
    }

    public void Dispose()
    {
        DownAsync().Wait(Deadline.Default);
        _lease.Dispose();
    }

    internal void Received(int bytes) => Interlocked.Add(ref _received, bytes);

    /// <summary>The damage to the next request, which is counted by this.</summary>
    internal DamageKind NextDamage() =>
        Damage != DamageKind.None && Interlocked.Increment(ref _requests) == Servers.Damage.RequestNumber ? Damage : DamageKind.None;

    internal void TookPreamble(int bytes) => Interlocked.Add(ref _preambles, bytes);

    internal void Wrong(string fault)
    {
        if (Interlocked.CompareExchange(ref _fault, $"{this}: {fault}", null) is null) WhenWrong?.Invoke();
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            try
            {
                Socket socket = await listener.AcceptAsync().ConfigureAwait(false);
                lock (_lock)
                {
                    var connection = new RecordingConnection(this, socket, _accepted++);
                    if (_listener != listener) connection.Reset();
                    _connections.Add(connection, RunAsync(connection));
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                lock (_lock)
                {
                    if (_listener != listener) return;
                }

                Wrong($"accept: {e.Message}");
                return;
            }
        }
    }

    private async Task RunAsync(RecordingConnection connection)
    {
        // Not under the lock of who has accepted it.
        await Task.Yield();
        await connection.RunAsync().ConfigureAwait(false);
        lock (_lock) _connections.Remove(connection);
    }
}
