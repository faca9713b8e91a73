using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Dynode.TestKit;

/// <summary>
/// A TCP server on 127.0.0.1, or where its script says, that a test steers: it records what comes, answers by its script, and can pause, reset, die
/// and come back on the same port. Every member may be called from any thread; <c>_lock</c> guards the listener and the
/// list of connections.
/// </summary>
public sealed class ScriptedServer : IDisposable
{
    private readonly Lock _lock = new();
    private readonly PortLease _lease;
    private readonly List<ScriptedConnection> _connections = [];
    private readonly List<Socket> _backlogFillers = [];
    private readonly List<string> _faults = [];
    private readonly Recorder _record;
    private volatile ServerScript _script;
    private Socket? _listener;
    private CancellationTokenSource? _accepting;
    private Task _acceptLoop = Task.CompletedTask;

    private ScriptedServer(ServerScript script, int port)
    {
        _script = script;
        _record = new Recorder(script.Recording);
        EndPoint = new IPEndPoint(script.At.Address, 0);
        _lease = new PortLease(new IPEndPoint(script.At.Address, port != 0 ? port : script.At.Port));
        EndPoint.Port = _lease.Port;
    }

    public int Port => _lease.Port;

    public IPEndPoint EndPoint { get; }

    /// <summary>As in <c>servers=</c>.</summary>
    public string Address => $"{EndPoint}";

    /// <summary>Replies follow a new script at once, accepts with the next connection. The recording is that of the first script.</summary>
    public ServerScript Script
    {
        get => _script;
        set => _script = value;
    }

    /// <summary>All that were ever accepted, in that order.</summary>
    public IReadOnlyList<ScriptedConnection> Connections
    {
        get
        {
            lock (_lock) return [.. _connections];
        }
    }

    public IReadOnlyList<ScriptedConnection> OpenConnections => [.. Connections.Where(c => c.IsOpen)];

    /// <summary>How many were ever accepted.</summary>
    public int Accepted
    {
        get
        {
            lock (_lock) return _connections.Count;
        }
    }

    /// <summary>On all connections together.</summary>
    public long ReceivedBytes => _record.Count;

    /// <summary>What all connections brought, in the order in which it was read.</summary>
    public byte[] Received => _record.Bytes;

    /// <summary><see cref="Received"/>, one character a byte.</summary>
    public string ReceivedText => Encoding.Latin1.GetString(Received);

    /// <summary>Of what all connections brought, in the order in which it was read, as upper-case hex.</summary>
    public string Sha256 => _record.Sha256;

    /// <summary>Listens at once.</summary>
    /// <param name="script">Default: takes everything, answers nothing.</param>
    /// <param name="port">0: of the system's choice.</param>
    public static ScriptedServer Start(ServerScript? script = null, int port = 0)
    {
        var server = new ScriptedServer(script ?? new ServerScript(), port);
        server.Listen();
        return server;
    }

    /// <summary>A server whose port refuses, until it listens.</summary>
    public static ScriptedServer Down(ServerScript? script = null) => new(script ?? new ServerScript(), 0);

    /// <summary>Listens, again on the same port.</summary>
    public void Listen()
    {
        lock (_lock)
        {
            if (_listener is not null) throw new ExpectationException($"{Address} listens already");
            var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            if (!SpinWait.SpinUntil(() => TryBind(listener), Deadline.Default)) throw new ExpectationException($"{Address} is another's");
            if (Script.ReceiveBufferBytes > 0) listener.ReceiveBufferSize = Script.ReceiveBufferBytes;
            listener.Listen(Script.ListenBacklog);
            _listener = listener;
            if (!Script.AcceptPaused) BeginAccepting(listener);
        }
    }

    /// <summary>The port is leased, so whoever has it is our own last listener, which the kernel closes when an accept of it has come back from another thread.</summary>
    private bool TryBind(Socket listener)
    {
        try
        {
            listener.Bind(EndPoint);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return false;
        }

        return true;
    }

    /// <summary>Connects are refused from now on; open connections stay.</summary>
    public void StopListening()
    {
        lock (_lock)
        {
            StopAccepting();
            _listener?.Dispose();
            _listener = null;
            _backlogFillers.ForEach(filler => filler.Dispose());
            _backlogFillers.Clear();
        }
    }

    /// <summary>Connections complete in the kernel, up to its backlog, and are not accepted.</summary>
    public async Task PauseAcceptingAsync()
    {
        Task loop;
        lock (_lock)
        {
            StopAccepting();
            loop = _acceptLoop;
        }

        await loop.ConfigureAwait(false);
    }

    public void ResumeAccepting()
    {
        lock (_lock)
        {
            if (_listener is null || _accepting is not null) throw new ExpectationException($"{Address} does not listen, or accepts already");
            BeginAccepting(_listener);
        }
    }

    /// <summary>
    /// Fills the kernel's queue of a server that does not accept: from now on connects to it hang. (A queue of n
    /// takes n + 1; then the kernel drops every SYN.)
    /// </summary>
    public void FillBacklog()
    {
        lock (_lock)
        {
            if (_listener is null || _accepting is not null) throw new ExpectationException($"{Address} does not listen, or accepts");
            for (int i = 0; i <= Script.ListenBacklog; i++)
            {
                var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                _backlogFillers.Add(filler);
                filler.Connect(EndPoint);
            }
        }
    }

    /// <summary>Once this has returned, nothing more is recorded: on open connections and on new ones.</summary>
    public void PauseReading() => ForEach(true, c => c.PauseReading());

    public void ResumeReading() => ForEach(false, c => c.ResumeReading());

    /// <summary>FIN on all open connections.</summary>
    public void CloseAll() => ForEach(null, c => c.Close());

    /// <summary>RST on all open connections.</summary>
    public void ResetAll() => ForEach(null, c => c.Reset());

    /// <summary>As when the process dies hard: nobody listens, RST on all connections.</summary>
    public void Kill()
    {
        StopListening();
        ResetAll();
    }

    /// <summary><see cref="Kill"/>, and back on the same port.</summary>
    public void Restart()
    {
        Kill();
        Listen();
    }

    /// <summary>Waits until the connection with that index was accepted.</summary>
    public async Task<ScriptedConnection> ConnectionAsync(int index, TimeSpan? deadline = null)
    {
        await Eventually.True(() => Accepted > index, Dump, deadline).ConfigureAwait(false);
        return Connections[index];
    }

    /// <summary>Waits until all connections together brought at least so many bytes.</summary>
    public Task ReceivedBytesAsync(long count, TimeSpan? deadline = null) =>
        Eventually.True(() => ReceivedBytes >= count, () => $"waited for {count} bytes. {Dump()}", deadline);

    /// <summary>Waits until it has received exactly this text, on all connections together.</summary>
    public Task ReceivedTextAsync(string text, TimeSpan? deadline = null) =>
        Eventually.Equal(text, () => ReceivedText, Dump, deadline);

    /// <summary>For failure messages: the state and the last connections.</summary>
    public string Dump()
    {
        lock (_lock)
        {
            const int Shown = 20;
            IEnumerable<string> lines = _connections.TakeLast(Shown).Select(c => $"\n  {c}").Concat(_faults.Select(f => $"\n  fault: {f}"));
            return $"server {Address}: {(_listener is null ? "not listening" : _accepting is null ? "not accepting" : "listening")}, "
                + $"{_connections.Count} accepted, {ReceivedBytes} bytes{string.Concat(lines)}";
        }
    }

    public void Dispose()
    {
        Kill();
        _lease.Dispose();
        _record.Dispose();
    }

    internal void Record(ReadOnlySpan<byte> bytes) => _record.Add(bytes);

    internal void Fault(Exception e)
    {
        lock (_lock) _faults.Add(e.Message);
    }

    private void ForEach(bool? readPaused, Action<ScriptedConnection> act)
    {
        ScriptedConnection[] connections;
        lock (_lock)
        {
            // Under the lock, as accepts are: a connection gets either the new script or the act.
            if (readPaused is { } paused) _script = _script with { ReadPaused = paused };
            connections = [.. _connections];
        }

        Array.ForEach(connections, act.Invoke);
    }

    private void BeginAccepting(Socket listener)
    {
        _accepting = new CancellationTokenSource();
        CancellationToken stop = _accepting.Token;
        _acceptLoop = Task.Run(() => AcceptLoopAsync(listener, stop), CancellationToken.None);
    }

    private void StopAccepting()
    {
        _accepting?.Cancel();
        _accepting?.Dispose();
        _accepting = null;
    }

    private async Task AcceptLoopAsync(Socket listener, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                Accept(listener, await listener.AcceptAsync(stop).ConfigureAwait(false));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException e) when (!stop.IsCancellationRequested)
            {
                // No descriptors left, most likely: the next accept waits for one instead of burning a core.
                Fault(e);
                await Task.Delay(10, CancellationToken.None).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                return;
            }
        }
    }

    private void Accept(Socket listener, Socket socket)
    {
        ScriptedConnection connection;
        ServerScript script;
        lock (_lock)
        {
            socket.NoDelay = true;
            script = Script;
            connection = new ScriptedConnection(this, socket, _connections.Count, script.ReadPaused);
            _connections.Add(connection);

            // Accepted by the kernel just before the listener was closed: dies with it.
            if (_listener != listener) script = script with { OnAccept = AcceptThen.Reset };
        }

        switch (script.OnAccept)
        {
            case AcceptThen.Close:
                connection.Close();
                break;
            case AcceptThen.Reset:
                connection.Reset();
                break;
            default:
                _ = connection.RunAsync(script);
                break;
        }
    }
}
