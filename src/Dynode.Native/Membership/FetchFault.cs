using System.Net.Sockets;
using System.Security.Authentication;

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
        return error switch
        {
            HttpRequestError.NameResolutionError => $"the host name does not resolve ({Reason(socket ?? exception)})",
            HttpRequestError.SecureConnectionError => Tls(exception),
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
        SocketError.ConnectionReset => "connection reset",
        SocketError.TimedOut => "the connection timed out",
        SocketError.HostUnreachable => "no route to the host",
        SocketError.NetworkUnreachable => "no route to the network",
        SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => $"the host name does not resolve ({Reason(fault)})",
        _ => Reason(fault),
    };

    // "The remote certificate is invalid because of errors in the certificate chain: UntrustedRoot"
    private static string Tls(Exception exception)
    {
        Exception fault = Inner<AuthenticationException>(exception) ?? exception.GetBaseException();
        int colon = fault.Message.LastIndexOf(": ", StringComparison.Ordinal);
        return colon >= 0 && fault.Message.Contains("certificate", StringComparison.Ordinal)
            ? $"certificate not trusted: {Excerpt.Escape(fault.Message[(colon + 2)..])}"
            : $"TLS failed ({Reason(fault.GetBaseException())})";
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
