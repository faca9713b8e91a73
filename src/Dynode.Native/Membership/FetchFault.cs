using System.Net.Sockets;

namespace Dynode.Native.Membership;

/// <summary>What an exception of HttpClient means to an operator, in one line. Pure.</summary>
internal static class FetchFault
{
    public static string Of(Exception exception)
    {
        var socket = Inner<SocketException>(exception);
        HttpRequestError error = exception switch
        {
            HttpRequestException request => request.HttpRequestError,
            HttpIOException io => io.HttpRequestError,
            _ => HttpRequestError.Unknown,
        };
        return Alert(exception) ?? error switch
        {
            HttpRequestError.NameResolutionError => $"the host name does not resolve ({Reason(socket ?? exception)})",
            HttpRequestError.SecureConnectionError => $"TLS failed ({Reason(exception.GetBaseException())})",
            HttpRequestError.ResponseEnded => "the connection was closed before the whole answer had come",
            HttpRequestError.ConfigurationLimitExceeded => $"the answer's headers are longer than {ListClient.HeaderKibibytesMax} KiB",
            HttpRequestError.InvalidResponse => $"the answer is not HTTP/1.1 ({Reason(exception)})",
            HttpRequestError.ProxyTunnelError => $"the proxy refused ({Reason(exception)})",
            _ => socket is null ? Reason(exception) : Of(socket),
        };
    }

    private static string Of(SocketException fault) => fault.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => "connection refused",
        SocketError.ConnectionReset => "connection reset; it may be that it speaks https and is asked by http, or that it wants a certificate of ours (servers_autoupdate_certificate)",
        SocketError.TimedOut => "the connection timed out",
        SocketError.HostUnreachable => "no route to the host",
        SocketError.NetworkUnreachable => "no route to the network",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => $"the host name does not resolve ({Reason(fault)})",
        _ => Reason(fault),
    };

    // What the other side said of ours; why its own certificate was refused is known before (HttpsRules): "error:0A00045C:SSL routines::tlsv13 alert certificate required".
    private static string? Alert(Exception exception)
    {
        const string Begin = "alert ";
        string said = exception.GetBaseException().Message;
        int at = said.Contains("SSL routines", StringComparison.Ordinal) ? said.IndexOf(Begin, StringComparison.Ordinal) : -1;
        if (at < 0)
            return null;
        string alert = Excerpt.Escape(said[(at + Begin.Length)..].TrimEnd('.'));
        return alert switch
        {
            "certificate required" => "it wants a certificate of ours: servers_autoupdate_certificate",
            "handshake failure" => "it broke the TLS handshake off: it wants a certificate of ours (servers_autoupdate_certificate), or has no cipher in common with us",
            "bad certificate" or "unknown ca" or "certificate unknown" or "certificate expired" or "certificate revoked" or "unsupported certificate" =>
                $"it does not take our certificate (servers_autoupdate_certificate): {alert}",
            _ => $"it broke TLS off: {alert}",
        };
    }

    private static string Reason(Exception exception) => Excerpt.Escape(exception.Message.TrimEnd('.'));

    private static T? Inner<T>(Exception? exception)
        where T : Exception
    {
        while (exception is not null and not T)
            exception = exception.InnerException;
        return exception as T;
    }
}
