using System.Net.Sockets;
using System.Security.Authentication;
using Dynode.Broadcast.Transport;

namespace Dynode.UnitTests.Broadcast.Transport;

/// <summary>What TLS ended by is said in words that an operator can act upon.</summary>
public sealed class ServerTlsFaultTests
{
    [Theory]
    [InlineData("error:0A00045C:SSL routines::tlsv13 alert certificate required", "the server wants a certificate of ours: backend_tls_certificate")]
    [InlineData("error:0A000410:SSL routines::sslv3 alert handshake failure", "the server broke the TLS handshake off: it wants a certificate of ours (backend_tls_certificate), or has no cipher in common with us")]
    [InlineData("error:0A000410:SSL routines::ssl/tls alert handshake failure", "the server broke the TLS handshake off: it wants a certificate of ours (backend_tls_certificate), or has no cipher in common with us")]
    [InlineData("error:0A000418:SSL routines::tlsv1 alert unknown ca", "the server does not take our certificate (backend_tls_certificate): unknown ca")]
    [InlineData("error:0A000412:SSL routines::sslv3 alert bad certificate", "the server does not take our certificate (backend_tls_certificate): bad certificate")]
    [InlineData("error:0A00042E:SSL routines::tlsv1 alert protocol version", "the server speaks no version of TLS that is spoken here")]
    [InlineData("error:0A000458:SSL routines::tlsv1 alert unrecognized name", "the server broke TLS off: unrecognized name")]
    [InlineData("error:0A00010B:SSL routines::wrong version\nnumber", "TLS: error:0A00010B:SSL routines::wrong version number")]
    public void An_alert_has_its_words(string said, string words) =>
        Assert.Equal(words, ServerTlsFault.Of(new AuthenticationException("see inside", new IOException("see inside", new InvalidOperationException(said)))));

    [Fact]
    public void What_the_network_did_in_a_handshake_is_said_to_have_been_there() =>
        Assert.Equal("reset by the server in the TLS handshake", ServerTlsFault.Of(new IOException("", new SocketException((int)SocketError.ConnectionReset))));
}
