using System.Buffers;
using System.Net.Sockets;
using Dynode.Broadcast.Proxy;

namespace Dynode.Broadcast.Listening;

/// <summary>How the beginning of a connection came out that is to begin with a PROXY header.</summary>
internal enum ProxyOutcome
{
    /// <summary>All of it was taken, and no byte behind it.</summary>
    Found,

    /// <summary>It ended before its first byte: somebody has looked whether anybody listens.</summary>
    Nothing,

    /// <summary>It does not begin with one.</summary>
    Missing,
}

/// <summary>
/// Takes the PROXY header from the beginning of a connection. What has come is looked at before it is taken, so that what stands behind the header stays in
/// the socket for whoever is next: TLS, or the client's own reader. Who has sent nothing has no buffer.
/// </summary>
/// <param name="socket">Non-blocking.</param>
/// <param name="header">Reads it.</param>
internal sealed class ProxyIntake(Socket socket, ProxyHeader header)
{
    /// <summary>The most headers are whole within it.</summary>
    private const int FirstBytes = 512;

    /// <summary>With <see cref="ProxyOutcome.Missing"/>: why, for the operator.</summary>
    public string Fault { get; private set; } = "";

    /// <summary>Waits for all of it.</summary>
    /// <param name="cancellation">When it has taken too long.</param>
    public async ValueTask<ProxyOutcome> TakeAsync(CancellationToken cancellation)
    {
        byte[]? seen = null;
        int count = 0;
        try
        {
            while (true)
            {
                await socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellation).ConfigureAwait(false);
                seen = WithRoom(seen, count);
                if (Look(seen, ref count) is { } outcome)
                    return outcome;
            }
        }
        catch (OperationCanceledException)
        {
            return Missing(count == 0 ? "nothing came for too long" : "it took too long");
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return Ended(count);
        }
        finally
        {
            if (seen is not null)
                ArrayPool<byte>.Shared.Return(seen);
        }
    }

    /// <summary>Something has come.</summary>
    /// <returns>Null: more must.</returns>
    private ProxyOutcome? Look(byte[] seen, ref int count)
    {
        int come = socket.Receive(seen.AsSpan(count), SocketFlags.Peek, out var error);
        if (error == SocketError.WouldBlock)
            return null;
        if (error != SocketError.Success || come == 0)
            return Ended(count);
        switch (header.Read(seen.AsSpan(0, count + come), out int taken))
        {
            case ProxyVerdict.Found:
                Take(seen.AsSpan(count, taken - count));
                return ProxyOutcome.Found;
            case ProxyVerdict.Malformed:
                return Missing(header.Fault);
            default:
                Take(seen.AsSpan(count, come));
                count += come;
                return null;
        }
    }

    /// <summary>What was looked at, and is the header's. The kernel has it, and gives it at once.</summary>
    private void Take(Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            int taken = socket.Receive(bytes, SocketFlags.None);
            if (taken == 0)
                throw new SocketException((int)SocketError.ConnectionReset);
            bytes = bytes[taken..];
        }
    }

    private byte[] WithRoom(byte[]? seen, int count)
    {
        if (seen is not null && seen.Length >= header.Wanted)
            return seen;
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(FirstBytes, header.Wanted));
        if (seen is not null)
        {
            seen.AsSpan(0, count).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(seen);
        }

        return larger;
    }

    private ProxyOutcome Ended(int count) => count == 0 ? ProxyOutcome.Nothing : Missing("the connection ended in the midst of it");

    private ProxyOutcome Missing(string fault)
    {
        Fault = fault;
        return ProxyOutcome.Missing;
    }
}
