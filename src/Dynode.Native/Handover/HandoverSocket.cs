using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Dynode.Native.Sockets;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Handover;

/// <summary>
/// Where a successor comes to, on a socket of Linux's abstract names of its own: descriptors do not go through HTTP, and an upgrade must work
/// without an admin side. It is given the listening sockets, prepares, and says that it is ready; until then nothing has changed here.
/// <code>
///   successor                      this one
///      ── Take: protocol, host, port ──▶   agrees?  No: and why
///      ◀── Listener, one each; Listeners ──
///      ── Ready ──▶                        the host's thread goes on with <see cref="GiveOver"/>
/// </code>
/// </summary>
internal sealed class HandoverSocket : IDisposable
{
    private const int Backlog = 4;

    /// <summary>How long a successor may take to say what it wants.</summary>
    private static readonly TimeSpan ClaimPatience = TimeSpan.FromSeconds(2);

    /// <summary>Between two lines of strangers.</summary>
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(5);

    /// <summary>How long it may prepare; on a busy machine that takes a while.</summary>
    private static readonly TimeSpan ReadyPatience = TimeSpan.FromSeconds(60);

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Claim _own;
    private readonly Func<ImmutableArray<Socket>> _listeners;
    private readonly Action _ready;
    private readonly string? _refusal;
    private readonly ILogger _log;
    private int _isTaken;
    private int _strangers;
    private long _saidAt;

    /// <summary>Listens.</summary>
    /// <param name="port">The broadcaster's.</param>
    /// <param name="own">What a successor must be.</param>
    /// <param name="listeners">Makes other descriptors of the listening sockets.</param>
    /// <param name="ready">Told when <see cref="Successor"/> is ready; it may leave word and no more.</param>
    /// <param name="refusal">Why none may come; null: one may.</param>
    /// <param name="log">Takes the lines.</param>
    /// <exception cref="SocketException">Another process has the name.</exception>
    public HandoverSocket(int port, Claim own, Func<ImmutableArray<Socket>> listeners, Action ready, string? refusal, ILogger log)
    {
        (_own, _listeners, _ready, _refusal, _log) = (own, listeners, ready, refusal, log);
        try
        {
            _socket.Bind(NameOf(port));
            _socket.Listen(Backlog);
        }
        catch (SocketException)
        {
            _socket.Dispose();
            throw;
        }

        _ = AcceptAsync();
    }

    /// <summary>The one that is ready; null: none is.</summary>
    public HandoverChannel? Successor { get; private set; }

    /// <summary>Where the broadcaster on a port is asked to go over.</summary>
    public static UnixDomainSocketEndPoint NameOf(int port) => new(string.Create(CultureInfo.InvariantCulture, $"\0dynode/take-over/{port}"));

    /// <summary>The successor has come to nothing: another may come.</summary>
    public void Forget()
    {
        Successor?.Dispose();
        Successor = null;
        Volatile.Write(ref _isTaken, 0);
    }

    public void Dispose() => _socket.Dispose();

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                _ = ServeAsync(await _socket.AcceptAsync().ConfigureAwait(false));
            }
            catch (Exception e) when (e is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
            {
                return;
            }
            catch (SocketException)
            {
                // There is no descriptor for it.
                await Task.Delay(TimeSpan.FromSeconds(0.1)).ConfigureAwait(false);
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        var channel = new HandoverChannel(client);
        bool isFirst = false;
        try
        {
            if (SocketUser.Of(client) is not { } user || !IsOwn(user.Uid))
            {
                SayStranger(SocketUser.Of(client)?.Uid ?? -1L);
                return;
            }

            if (!await ComesAsync(client, ClaimPatience).ConfigureAwait(false) || channel.Receive(TimeSpan.Zero) is not { Kind: FrameKind.Take } take)
                return;
            isFirst = Interlocked.Exchange(ref _isTaken, 1) == 0;
            string? refusal = _refusal ?? (!isFirst ? "another one is taking over" : _own.Refusal(take.Text));
            if (refusal is not null)
            {
                HandoverLog.Refused(_log, refusal);
                channel.TrySend(FrameKind.No, refusal);
                return;
            }

            if (!Send(channel) || !await ComesAsync(client, ReadyPatience).ConfigureAwait(false) || channel.Receive(TimeSpan.Zero) is not { Kind: FrameKind.Ready })
                return;
            Successor = channel;
            _ready();
        }
        catch (SocketException e)
        {
            HandoverLog.Refused(_log, e.Message);
            channel.TrySend(FrameKind.No, e.Message);
        }
        catch (ObjectDisposedException)
        {
            // The end has come first.
        }
        finally
        {
            if (Successor != channel)
            {
                channel.Dispose();
                if (isFirst)
                    Volatile.Write(ref _isTaken, 0);
            }
        }
    }

    /// <summary>Uids must be equal: who may take a port over can read what clients send.</summary>
    internal static bool IsOwn(uint uid) => uid == SocketUser.Own && uid != SocketUser.Overflow && uid != SocketUser.UsualOverflow;

    // Anybody can come, as often as he likes.
    private void SayStranger(long uid)
    {
        if (Interlocked.Exchange(ref _strangers, 1) > 0 && Stopwatch.GetElapsedTime(Volatile.Read(ref _saidAt)) < LineInterval)
            return;
        Volatile.Write(ref _saidAt, Stopwatch.GetTimestamp());
        HandoverLog.StrangerRefused(_log, uid);
    }

    private bool Send(HandoverChannel channel)
    {
        ImmutableArray<Socket> listeners = _listeners();
        try
        {
            foreach (Socket listener in listeners)
            {
                if (!channel.TrySend(FrameKind.Listener, Encoding.UTF8.GetBytes(listener.LocalEndPoint!.ToString()!), listener.SafeHandle))
                    return false;
            }

            return channel.TrySend(FrameKind.Listeners);
        }
        finally
        {
            foreach (Socket listener in listeners)
                listener.Dispose();
        }
    }

    /// <summary>Something is there to be read, without a thread that waits.</summary>
    private static async Task<bool> ComesAsync(Socket socket, TimeSpan patience)
    {
        using var late = new CancellationTokenSource(patience);
        try
        {
            await socket.ReceiveAsync(Memory<byte>.Empty, late.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
