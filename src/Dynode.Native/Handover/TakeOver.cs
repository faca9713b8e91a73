using System.Collections.Immutable;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Dynode.Broadcast.Backends;
using Dynode.Native.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace Dynode.Native.Handover;

/// <summary>
/// The successor's side of <see cref="HandoverSocket"/> and <see cref="GiveOver"/>. Up to <see cref="Await"/> any fault leaves the one that
/// runs as it was. Where it dies without its last word, this one opens, and takes for whole only the servers that were named so. That it has
/// died is the kernel's word alone: one that is silent, or has hung up, may still deliver.
/// </summary>
internal sealed class TakeOver : IDisposable
{
    /// <summary>How long the one that runs may take to answer.</summary>
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(10);

    /// <summary>Between two frames while its log comes to an end, which takes handover_timeout at most; and it may be in the midst of a drain.</summary>
    private static readonly TimeSpan StatePatience = TimeSpan.FromMinutes(2);

    /// <summary>How long a process that has closed its sockets by dying may take to be dead.</summary>
    private static readonly TimeSpan DeathPatience = TimeSpan.FromSeconds(2);

    /// <summary>How long it may take to give its other names back.</summary>
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);

    private readonly HandoverChannel _channel;
    private readonly int _pid;
    private readonly bool _isOrdered;
    private readonly ILogger _log;
    private bool _hasDied;

    private TakeOver(HandoverChannel channel, int pid, bool isOrdered, ImmutableArray<Socket> listeners, ILogger log) =>
        (_channel, _pid, _isOrdered, Listeners, _log) = (channel, pid, isOrdered, listeners, log);

    /// <summary>The sockets that clients come to.</summary>
    public ImmutableArray<Socket> Listeners { get; }

    /// <summary>Asks the one that runs.</summary>
    /// <param name="port">Its and ours.</param>
    /// <param name="own">What this one will be.</param>
    /// <param name="log">Takes the lines.</param>
    /// <param name="fault">Why not, as a sentence; it goes on as it was.</param>
    /// <returns>Null: there is a fault.</returns>
    public static TakeOver? Begin(int port, Claim own, ILogger log, out string? fault)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        var channel = new HandoverChannel(socket);
        var listeners = new List<Socket>();
        fault = Connect(socket, port, out int pid);
        if (fault is null && channel.TrySend(FrameKind.Take, own.Write()))
        {
            while (channel.Receive(AnswerPatience) is { } frame)
            {
                if (frame is { Kind: FrameKind.Listener, Descriptor: { } descriptor })
                {
                    if (SocketOf(descriptor) is { LocalEndPoint: IPEndPoint or UnixDomainSocketEndPoint } listener)
                        listeners.Add(listener);
                }
                else if (frame.Kind == FrameKind.Listeners && listeners.Count > 0)
                {
                    HandoverLog.TakingOver(log, pid);
                    return new TakeOver(channel, pid, own.IsOrdered, [.. listeners], log);
                }
                else if (frame.Kind == FrameKind.No)
                {
                    fault = $"the broadcaster on port {port} does not go over: {frame.Text}";
                    break;
                }
            }
        }

        fault ??= $"the broadcaster on port {port} did not answer, or has ended meanwhile";
        listeners.ForEach(static listener => listener.Dispose());
        channel.Dispose();
        return null;
    }

    /// <summary>All is prepared here: waits until the one that runs has ended its log, or has died.</summary>
    /// <param name="fault">It has done neither: this one must not open. A sentence.</param>
    /// <returns>Null: there is a fault.</returns>
    public Inheritance? Await(out string? fault)
    {
        var whole = new List<BackendAddress>();
        var connections = new Dictionary<BackendAddress, HandedConnection>();
        (SafeFileHandle? Handle, string Path) itsLock = (null, "");
        HandedState? state = null;
        fault = null;

        // Also where that could not be sent: who takes nothing any more may have died, which is seen where its word ends.
        TimeSpan patience = _channel.TrySend(FrameKind.Ready) ? StatePatience : DeathPatience;
        while (state is null && fault is null && _channel.Receive(patience) is { } frame)
        {
            switch (frame.Kind)
            {
                case FrameKind.Whole when HandedAddress.TryParse(frame.Text, out var server):
                    whole.Add(server);
                    break;
                case FrameKind.Connection when frame.Descriptor is not null:
                    AddConnection(connections, frame);
                    break;
                case FrameKind.Lock:
                    itsLock.Handle?.Dispose();
                    itsLock = (frame.Descriptor, frame.Text);
                    break;
                case FrameKind.State:
                    state = HandedState.Read(frame.Body, out fault);
                    break;
            }
        }

        if (state is not null && _isOrdered)
        {
            HandoverLog.TakenOverOrdered(_log);
            return new Inheritance { Listeners = Listeners, Kept = state.Kept, Lock = itsLock.Handle, LockPath = itsLock.Path };
        }

        if (state is not null)
        {
            HandoverLog.TakenOver(_log, state.Next, GiveOver.Names(state), connections.Count);
            return new Inheritance { Listeners = Listeners, Servers = state.For(connections), Kept = state.Kept, Lock = itsLock.Handle, LockPath = itsLock.Path };
        }

        if (fault is not null || !HasDied())
        {
            fault = fault is null ? "the one that runs has gone silent or hung up, and may still deliver" : $"what the one that runs handed over {fault}";
            return null;
        }

        // What it says no more is not known. A server that is not named has a gap as soon as it is in the set: the log has begun before it.
        _hasDied = true;
        if (_isOrdered)
            return new Inheritance { Listeners = Listeners, Lock = itsLock.Handle, LockPath = itsLock.Path };
        HandoverLog.DiedBefore(_log, whole.Count == 0 ? "none" : string.Join(", ", whole));
        HandedServer[] servers =
        [
            .. whole.Select(server => new HandedServer(server, null, -1, connections.GetValueOrDefault(server))),
            .. connections.Where(pair => !whole.Contains(pair.Key)).Select(static pair => new HandedServer(pair.Key, DropReason.Earlier, 0, pair.Value)),
        ];
        return new Inheritance { Listeners = Listeners, Servers = new HandedOver(1, [.. servers]), Lock = itsLock.Handle, LockPath = itsLock.Path };
    }

    /// <summary>From here on this one is the broadcaster.</summary>
    /// <returns>False: the other one was told nothing, and goes on.</returns>
    public bool TryOpen() => _hasDied || _channel.TrySend(FrameKind.Open);

    /// <summary>Waits until the other one has given its names back: what it is asked for health, control and admin by.</summary>
    public void AwaitEnd()
    {
        while (_channel.Receive(EndPatience) is not null)
        {
            // It has nothing to say any more.
        }
    }

    public void Dispose() => _channel.Dispose();

    private static string? Connect(Socket socket, int port, out int pid)
    {
        pid = 0;
        try
        {
            socket.Connect(HandoverSocket.NameOf(port));
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused
                ? $"no broadcaster runs on port {port} in this network namespace that could be taken over"
                : $"the broadcaster on port {port} cannot be reached: {e.Message}";
        }

        // Whoever has the name could be anybody, and what he hands over anything.
        if (SocketUser.Of(socket) is not { } user || !HandoverSocket.IsOwn(user.Uid))
            return $"who answers for port {port} is another user: a successor has the user of the one that runs";
        pid = user.Pid;
        return null;
    }

    /// <summary>The process is no more, or nothing but its number is left. Of another namespace of processes nobody can tell: it has not.</summary>
    private bool HasDied()
    {
        long began = Stopwatch.GetTimestamp();
        while (_channel.HasEnded && _pid > 0)
        {
            try
            {
                // pid (name) state …: the name may hold anything.
                string stat = File.ReadAllText($"/proc/{_pid}/stat");
                if (stat[(stat.LastIndexOf(')') + 1)..].TrimStart() is ['Z' or 'X', ..])
                    return true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return true;
            }

            if (Stopwatch.GetElapsedTime(began) >= DeathPatience)
                return false;
            Task.Delay(TimeSpan.FromMilliseconds(1)).GetAwaiter().GetResult();
        }

        return false;
    }

    private static void AddConnection(Dictionary<BackendAddress, HandedConnection> connections, Frame frame)
    {
        int end = Array.IndexOf(frame.Body, (byte)'\n');
        bool isServer = HandedAddress.TryParse(Encoding.UTF8.GetString(frame.Body, 0, Math.Max(0, end)), out var server) && !connections.ContainsKey(server);
        if (isServer && SocketOf(frame.Descriptor!) is { } socket)
            connections[server!] = new HandedConnection(socket, frame.Body.AsMemory(end + 1));
        else
            frame.Descriptor!.Dispose();
    }

    /// <summary>Null: it is none.</summary>
    private static Socket? SocketOf(SafeFileHandle descriptor)
    {
        var handle = new SafeSocketHandle(descriptor.DangerousGetHandle(), ownsHandle: true);
        descriptor.SetHandleAsInvalid();
        try
        {
            return new Socket(handle);
        }
        catch (SocketException)
        {
            handle.Dispose();
            return null;
        }
    }
}
