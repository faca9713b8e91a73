using System.Net.Sockets;
using System.Security.Authentication;
using Dynode.Native.Membership;

namespace Dynode.UnitTests.Native.Membership;

public class FetchFaultTests
{
    public static TheoryData<Exception, string> Faults => new()
    {
        { new HttpRequestException(HttpRequestError.ConnectionError, "x", new SocketException((int)SocketError.ConnectionRefused)), "connection refused" },
        { new HttpRequestException(HttpRequestError.Unknown, "x", new IOException("y", new SocketException((int)SocketError.ConnectionReset))), "connection reset" },
        { new HttpRequestException(HttpRequestError.SecureConnectionError, "x", new AuthenticationException("The remote certificate is invalid because of errors in the certificate chain: UntrustedRoot")), "certificate not trusted: UntrustedRoot" },
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
