using System.Net.Sockets;
using System.Security.Authentication;
using Dynode.Native.Membership;

namespace Dynode.UnitTests.Native.Membership;

public class FetchFaultTests
{
    public static TheoryData<Exception, string> Faults => new()
    {
        { new HttpRequestException(HttpRequestError.ConnectionError, "x", new SocketException((int)SocketError.ConnectionRefused)), "connection refused" },
        { new HttpRequestException(HttpRequestError.Unknown, "x", new IOException("y", new SocketException((int)SocketError.ConnectionReset))), "connection reset; it may be that it speaks https and is asked by http, or that it wants a certificate of ours (servers_autoupdate_certificate)" },
        { new IOException("x", new IOException("Decrypt failed", new IOException("error:0A00045C:SSL routines::tlsv13 alert certificate required"))), "it wants a certificate of ours: servers_autoupdate_certificate" },
        { new HttpRequestException(HttpRequestError.SecureConnectionError, "x", new AuthenticationException("y", new IOException("error:0A000418:SSL routines::tlsv1 alert unknown ca"))), "it does not take our certificate (servers_autoupdate_certificate): unknown ca" },
        { new HttpRequestException(HttpRequestError.SecureConnectionError, "x", new AuthenticationException("y", new IOException("error:0A000410:SSL routines::ssl/tls alert handshake failure"))), "it broke the TLS handshake off: it wants a certificate of ours (servers_autoupdate_certificate), or has no cipher in common with us" },
        { new HttpRequestException(HttpRequestError.SecureConnectionError, "x", new AuthenticationException("y", new IOException("error:0A00042E:SSL routines::tlsv1 alert protocol version"))), "it broke TLS off: protocol version" },
        { new HttpRequestException(HttpRequestError.SecureConnectionError, "x", new AuthenticationException("Authentication failed.", new IOException("bad\r\nbytes."))), "TLS failed (bad\\r\\nbytes)" },
        { new HttpIOException(HttpRequestError.ResponseEnded, "x"), "the connection was closed before the whole answer had come" },
        { new HttpRequestException(HttpRequestError.ConfigurationLimitExceeded, "x"), "the answer's headers are longer than 32 KiB" },
        { new HttpRequestException(HttpRequestError.InvalidResponse, "Received an invalid status line: 'x'."), "the answer is not HTTP/1.1 (Received an invalid status line: 'x')" },
        { new IOException("odd\nthing"), "odd\\nthing" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void An_exception_becomes_one_line(Exception exception, string line) => Assert.Equal(line, FetchFault.Of(exception));
}
