using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Dynode.Broadcast.Transport;

namespace Dynode.Broadcast.Listening;

/// <summary>How a handshake came out.</summary>
internal enum HandshakeOutcome
{
    Done,

    /// <summary>Somebody broke it off, or it was none that can be.</summary>
    Failed,

    /// <summary>What the client showed of itself may not come in.</summary>
    Refused,

    TimedOut,

    /// <summary>What came first was no TLS.</summary>
    Plain,

    /// <summary>Nothing has come to nothing: somebody has looked whether anybody listens, or nobody comes in any more.</summary>
    Gone,
}

/// <summary>One handshake with one client, on the pool.</summary>
/// <param name="tls">What is shown, and who may come.</param>
/// <param name="places">So many compute at once.</param>
/// <param name="socket">The client's.</param>
/// <param name="closing">Nobody comes in any more.</param>
[SuppressMessage("Design", "CA1001", Justification = "Its session is its caller's when it is done, and closed by itself else.")]
[SuppressMessage("Design", "CA1031", Justification = "Whatever it was is the reason that the operator reads, and is counted: no client may be left without an end.")]
internal sealed class Handshake(IClientTls tls, SemaphoreSlim places, Socket socket, CancellationToken closing)
{
    /// <summary>The first byte of a record that holds a handshake (RFC 8446, 5.1).</summary>
    private const int HandshakeRecord = 22;

    private readonly TlsSession _session = new(socket);
    private string? _refusal;

    /// <summary>Why it came to nothing, for the operator.</summary>
    public string Fault { get; private set; } = "";

    /// <summary>Goes through it.</summary>
    /// <param name="cancellation">When it has taken too long.</param>
    /// <returns>Done: <see cref="Session"/> is the caller's; else all of it is closed.</returns>
    public async Task<HandshakeOutcome> RunAsync(CancellationToken cancellation)
    {
        var turns = new HandshakeTurns(places);
        try
        {
            await turns.EnterAsync(cancellation).ConfigureAwait(false);
            _session.Cipher.Begin(turns);
            await _session.Ssl.AuthenticateAsServerAsync(OptionsAsync, null, cancellation).ConfigureAwait(false);
            return HandshakeOutcome.Done;
        }
        catch (OperationCanceledException)
        {
            return closing.IsCancellationRequested ? Ended(HandshakeOutcome.Gone, "") : Ended(HandshakeOutcome.TimedOut, "it took too long");
        }
        catch (Exception e)
        {
            if (_session.Cipher is { FirstByte: < 0 } cipher && (cipher.SawEnd || e is SocketException || e.InnerException is SocketException))
                return Ended(HandshakeOutcome.Gone, "");
            if (_refusal is not null)
                return Ended(HandshakeOutcome.Refused, _refusal);
            if (_session.Cipher.FirstByte is >= 0 and not HandshakeRecord)
                return Ended(HandshakeOutcome.Plain, "what came is no TLS: it looks as if the client spoke plain");
            return Ended(HandshakeOutcome.Failed, TlsFault.OfClient(e));
        }
        finally
        {
            turns.Leave();
        }
    }

    /// <summary>When it is done.</summary>
    public TlsSession Session => _session;

    private HandshakeOutcome Ended(HandshakeOutcome outcome, string fault)
    {
        Fault = fault;
        _session.Dispose();
        return outcome;
    }

    private ValueTask<SslServerAuthenticationOptions> OptionsAsync(SslStream stream, SslClientHelloInfo hello, object? state, CancellationToken cancellation)
    {
        var options = tls.OptionsFor(hello.ServerName);
        options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
        {
            _refusal = tls.Refusal(certificate as X509Certificate2, chain, errors);
            return _refusal is null;
        };
        return ValueTask.FromResult(options);
    }
}
