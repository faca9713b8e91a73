using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Dynode.Broadcast.Transport;

/// <summary>
/// Has something run on the event thread, behind everything that is ready there now: one byte through a pair of sockets. So what
/// it does is done once for all the completions of a wait, and no other thread is woken for it, which costs more than the byte.
/// <code>
///   event thread   │ wait │ client 3, client 8, server 1: leave word, the first also <see cref="Request"/>s │ wait │ ▶ run │ wait
/// </code>
/// Whoever requests does so once until it has run.
/// </summary>
internal sealed partial class WakeSocket : ITurnOwner, IDisposable
{
    // AF_UNIX, and SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, as they are on x64 and arm64: the kernel's include/linux/socket.h and net.h.
    private const int UnixFamily = 1;
    private const int StreamNonBlockingCloseOnExec = 1 | 0x800 | 0x80000;

    private readonly Socket _here;
    private readonly Socket _there;
    private readonly SocketOperation _receive;
    private readonly Memory<byte> _buffer = new byte[1];
    private readonly Action _run;
    private bool _closed;

    /// <summary>Opens the pair; <paramref name="run"/> is called on the event thread.</summary>
    /// <exception cref="Win32Exception">The system gave no sockets.</exception>
    public WakeSocket(Action run)
    {
        _run = run;
        if (SocketPair(UnixFamily, StreamNonBlockingCloseOnExec, 0, out var pair) != 0)
            throw new Win32Exception();
        _here = new Socket(new SafeSocketHandle(pair.Here, ownsHandle: true)) { Blocking = false };
        _there = new Socket(new SafeSocketHandle(pair.There, ownsHandle: true)) { Blocking = false };
        _receive = new SocketOperation(this);
        Listen();
    }

    /// <summary>Asks for a run; any thread, but one at a time.</summary>
    public void Request()
    {
        if (!_closed)
            _there.Send([1], SocketFlags.None);
    }

    /// <inheritdoc/>
    public void Signal()
    {
        if (_closed || !_receive.TakeCompletion())
            return;

        // Before the run: a request of its own finds somebody who listens.
        Listen();
        _run();
    }

    /// <summary>Nothing runs any more; called in a run, or when none can come.</summary>
    public void Dispose()
    {
        if (_closed)
            return;
        _closed = true;
        _here.Dispose();
        _there.Dispose();
        _receive.Dispose();
    }

    private void Listen()
    {
        if (_receive.Receive(_here, _buffer))
            throw new InvalidOperationException($"a byte that nobody asked for: {_receive.SocketError}");
    }

    [LibraryImport("libc", EntryPoint = "socketpair", SetLastError = true)]
    private static partial int SocketPair(int domain, int type, int protocol, out Pair pair);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Pair(int Here, int There);
}
