using System.Net.Sockets;

namespace Dynode.Broadcast.Transport;

/// <summary>What an operator reads of a handshake that came to nothing.</summary>
internal static class TlsFault
{
    /// <summary>The innermost reason: those around it say that there is one.</summary>
    public static string Of(Exception fault)
    {
        while (fault.InnerException is { } inner)
            fault = inner;
        return fault switch
        {
            SocketException socket => SocketErrors.Describe(socket.SocketErrorCode),
            EndOfStreamException or IOException { Message.Length: 0 } => "it ended in the midst of it",
            _ => OneLine(fault.Message),
        };
    }

    /// <summary>The same, of one with a client.</summary>
    public static string OfClient(Exception fault) =>
        fault.GetBaseException() is SocketException { SocketErrorCode: SocketError.ConnectionReset } ? "it broke the connection off in the midst of it" : Of(fault);

    // OpenSSL's own come with line ends.
    private static string OneLine(string text) => string.Join(' ', text.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));
}
