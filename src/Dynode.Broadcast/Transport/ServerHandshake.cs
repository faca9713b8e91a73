using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography.X509Certificates;

namespace Dynode.Broadcast.Transport;

/// <summary>
/// One handshake with one server, on the pool: neither a turn nor the event thread computes it. Its owner is signalled when it is over, and looks.
/// <code>
///   turn:  Begin ─────────────────────────────▶ IsOver? Fault?       Close, at any time: it is over soon
///   pool:    └▶ a place ▶ compute ▶ wait ▶ … ▶ over ▶ signal
/// </code>
/// </summary>
/// <param name="tls">Whom is believed; null: nobody can be.</param>
/// <param name="host">The server's, as it is configured.</param>
/// <param name="places">So many handshakes with servers compute at once.</param>
[SuppressMessage("Design", "CA1031", Justification = "Whatever it was is the reason that the operator reads: a connection must not wait for ever for a handshake that is no more.")]
internal sealed class ServerHandshake(IServerTls? tls, string host, SemaphoreSlim places) : IDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private volatile bool _isOver;
    private string? _refusal;

    /// <summary>It has been begun.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>It has come to its end, and nothing of it runs any more.</summary>
    public bool IsOver => _isOver;

    /// <summary>Why it came to nothing, for the operator, when it is over; null: it is done.</summary>
    public string? Fault { get; private set; }

    /// <summary>Begins it, once.</summary>
    /// <param name="session">Connected.</param>
    /// <param name="owner">Signalled at the end.</param>
    public void Begin(TlsSession session, ITurnOwner owner)
    {
        HasBegun = true;
        _ = RunAsync(session, owner);
    }

    /// <summary>Nobody waits for it any more: it is over soon.</summary>
    public void Close() => _closing.Cancel();

    /// <summary>When it is over, or was never begun.</summary>
    public void Dispose() => _closing.Dispose();

    private async Task RunAsync(TlsSession session, ITurnOwner owner)
    {
        var turns = new HandshakeTurns(places);
        try
        {
            await turns.EnterAsync(_closing.Token).ConfigureAwait(false);
            session.Cipher.Begin(turns);
            Fault = await ShakeHandsAsync(session).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Fault = _refusal ?? ServerTlsFault.Of(e, session.Cipher);
        }
        finally
        {
            turns.Leave();
            _isOver = true;
            owner.Signal();
        }
    }

    private async Task<string?> ShakeHandsAsync(TlsSession session)
    {
        string? fault = "nobody here can speak TLS";
        if (tls?.OptionsFor(host, out fault) is not { } options)
            return fault;
        options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
        {
            _refusal = tls.Refusal(host, certificate as X509Certificate2, chain, errors);
            return _refusal is null;
        };
        await session.Ssl.AuthenticateAsClientAsync(options, _closing.Token).ConfigureAwait(false);
        return null;
    }
}
