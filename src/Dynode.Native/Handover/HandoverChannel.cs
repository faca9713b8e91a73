using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Dynode.Native.Handover;

/// <summary>What a frame is. Numbers never change their meaning: two versions may meet.</summary>
internal enum FrameKind : byte
{
    /// <summary>To the one that runs: version of this conversation, protocol, host and port.</summary>
    Take = 1,

    /// <summary>To the successor: not now, and why.</summary>
    No = 2,

    /// <summary>To the successor: a listening socket.</summary>
    Listener = 3,

    /// <summary>To the successor: those were all.</summary>
    Listeners = 4,

    /// <summary>To the one that runs: all is prepared; from here on it lets nobody in.</summary>
    Ready = 5,

    /// <summary>To the successor: a server has had everything.</summary>
    Whole = 6,

    /// <summary>To the successor: a connection to a server that has not ended, and what its kernel has not taken.</summary>
    Connection = 7,

    /// <summary>To the successor: the lock of the state's directory.</summary>
    Lock = 8,

    /// <summary>To the successor: how it has ended. The last of what it needs.</summary>
    State = 9,

    /// <summary>To the one that ran: the successor takes over with the next byte that it reads from a client.</summary>
    Open = 10,
}

/// <summary>One piece of the conversation.</summary>
/// <param name="kind">What it is.</param>
/// <param name="body">May be empty.</param>
/// <param name="descriptor">That came with it; null: none.</param>
internal sealed class Frame(FrameKind kind, byte[] body, SafeFileHandle? descriptor)
{
    public FrameKind Kind => kind;

    public byte[] Body => body;

    public SafeFileHandle? Descriptor => descriptor;

    public string Text => Encoding.UTF8.GetString(body);
}

/// <summary>
/// The conversation of a broadcaster and its successor, frame by frame over a unix socket:
/// <code>
///   kind (1 byte) │ length of the body (4 bytes, little endian) │ body         a descriptor comes with the first byte
/// </code>
/// One thread at a time.
/// </summary>
internal sealed class HandoverChannel(Socket socket) : IDisposable
{
    /// <summary>The longest body; a longer one is none of ours.</summary>
    public const int BodyBytesMax = 16 << 20;

    private const int HeadBytes = 5;

    /// <summary>How long the other side may take nothing, or stop in the midst of a frame.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public Socket Socket => socket;

    /// <summary>The other side's end was seen: it closed its socket, or it is no more.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Sends one frame.</summary>
    /// <returns>False: the other side is gone, or does not take it.</returns>
    public bool TrySend(FrameKind kind, ReadOnlySpan<byte> body = default, SafeHandle? descriptor = null)
    {
        byte[] frame = new byte[HeadBytes + body.Length];
        frame[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(1), body.Length);
        body.CopyTo(frame.AsSpan(HeadBytes));
        return DescriptorPassing.TrySend(socket, frame, descriptor, Patience);
    }

    /// <inheritdoc cref="TrySend(FrameKind, ReadOnlySpan{byte}, SafeHandle?)"/>
    public bool TrySend(FrameKind kind, string text) => TrySend(kind, Encoding.UTF8.GetBytes(text));

    /// <summary>Receives one frame.</summary>
    /// <param name="wait">How long it may take to begin.</param>
    /// <returns>Null: the other side has ended, was silent for so long, or sent what is no frame.</returns>
    public Frame? Receive(TimeSpan wait)
    {
        SafeFileHandle? descriptor = null;
        Span<byte> head = stackalloc byte[HeadBytes];
        if (DescriptorPassing.AwaitBytes(socket, wait)
            && TryReceive(head, ref descriptor)
            && BinaryPrimitives.ReadInt32LittleEndian(head[1..]) is >= 0 and <= BodyBytesMax and var length)
        {
            byte[] body = new byte[length];
            if (TryReceive(body, ref descriptor))
                return new Frame((FrameKind)head[0], body, descriptor);
        }

        descriptor?.Dispose();
        return null;
    }

    /// <summary>What the other side has sent is to be had; from now on it can send no more, and knows it when it tries.</summary>
    public void RefuseMore()
    {
        try
        {
            socket.Shutdown(SocketShutdown.Receive);
        }
        catch (SocketException)
        {
            // It has ended already.
        }
    }

    private bool TryReceive(Span<byte> room, ref SafeFileHandle? descriptor)
    {
        bool isThere = DescriptorPassing.TryReceive(socket, room, ref descriptor, Patience, out bool hasEnded);
        HasEnded |= hasEnded;
        return isThere;
    }

    /// <summary>The other side sees our end.</summary>
    public void Dispose() => socket.Dispose();
}
