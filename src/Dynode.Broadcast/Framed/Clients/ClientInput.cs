using System.Net.Sockets;
using Dynode.Broadcast.Transport;
using Dynode.Log;

namespace Dynode.Broadcast.Framed.Clients;

/// <summary>What a receive from a client has brought.</summary>
internal enum InputOutcome
{
    /// <summary>Bytes, in the room that was given.</summary>
    Bytes,

    /// <summary>Word that there are some to be had.</summary>
    Word,

    /// <summary>Its FIN.</summary>
    End,

    /// <summary>A reset.</summary>
    Reset,
}

/// <summary>
/// Receives from one client: that something has come is waited for without a page, but by those who send without a pause while there
/// are pages enough. In turns only.
/// </summary>
internal struct ClientInput
{
    /// <summary>Who has sent so often without a pause of a second keeps its page while it waits: a page more for a system call less.</summary>
    private const int QuickReadsLeast = 8;

    private byte _quickReads;
    private bool _waitsWithoutPage;
    private bool _hasWord;

    /// <summary>The client has ended: nothing more will come.</summary>
    public bool SawEnd { get; private set; }

    /// <summary>That have come.</summary>
    public long ReceivedBytes { get; private set; }

    /// <summary>The last receive filled a small page.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>Whether the next receive is to be without a page.</summary>
    public readonly bool IsToWait(PagePool pool, bool hasPart) =>
        !_hasWord && !hasPart && (_quickReads < QuickReadsLeast || pool.IsTight(MemoryShare.Requests));

    /// <summary>Begins to wait for word. True: it is there.</summary>
    public bool ReceiveWord(ByteTransport transport)
    {
        _waitsWithoutPage = true;
        return transport.Receive(Memory<byte>.Empty);
    }

    /// <summary>Begins to receive. True: it is done.</summary>
    public bool Receive(ByteTransport transport, Memory<byte> room)
    {
        _hasWord = false;
        return transport.Receive(room);
    }

    /// <summary>What has completed.</summary>
    /// <param name="transport">On which.</param>
    /// <param name="silence">Ticks since the client was last heard.</param>
    /// <param name="count">Bytes that came.</param>
    public InputOutcome Take(ByteTransport transport, long silence, out int count)
    {
        count = transport.ReceivedBytes;
        bool isWord = _waitsWithoutPage && transport.ReceiveError == SocketError.Success;
        _waitsWithoutPage = false;
        if (isWord)
        {
            _hasWord = true;
            return InputOutcome.Word;
        }

        if (transport.ReceiveError != SocketError.Success || count == 0)
        {
            SawEnd = true;
            return transport.ReceiveError != SocketError.Success ? InputOutcome.Reset : InputOutcome.End;
        }

        _quickReads = silence >= TimeSpan.TicksPerSecond ? (byte)0 : (byte)Math.Min(_quickReads + 1, QuickReadsLeast);
        IsBusy = count >= PagePool.SmallPageBytes;
        ReceivedBytes += count;
        return InputOutcome.Bytes;
    }

    /// <summary>Sends our FIN; also to one that has ended, for by TLS it knows by that alone that it was told everything.</summary>
    public void Finish(ByteTransport transport)
    {
        try
        {
            transport.ShutdownSend();
        }
        catch (SocketException)
        {
            SawEnd = true;
        }
    }
}
