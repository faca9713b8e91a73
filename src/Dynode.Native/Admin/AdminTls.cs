using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Admin;

/// <summary>Handshakes at the admin port until one moment.</summary>
/// <param name="Done">That have come to a connection.</param>
/// <param name="Failed">That have not, but for those below.</param>
/// <param name="TimedOut">That took too long.</param>
/// <param name="Plain">That began with what is no TLS.</param>
internal sealed record AdminHandshakes(long Done, long Failed, long TimedOut, long Plain);

/// <summary>
/// Speaks TLS between a connection's socket and HTTP. Who shakes hands has a place among <see cref="OpenConnections"/> as everybody has, and loses it first: it has
/// not asked yet. Handshakes are computed on the pool, no more of them in a second than requests are answered in one (<see cref="AdminPace"/>): each costs as
/// much as a score of requests, and a storm of them must not take the cores from clients. Any thread.
/// </summary>
/// <param name="shown">What is shown to who asks for a name.</param>
/// <param name="patience">How long a handshake may take, its wait for others included.</param>
/// <param name="log">Takes what came to nothing.</param>
/// <param name="time">The clock.</param>
internal sealed class AdminTls(Func<string, SslServerAuthenticationOptions> shown, Func<TimeSpan> patience, ILogger log, TimeProvider time)
{
    /// <summary>The first byte of a record that holds a handshake (RFC 8446, 5.1).</summary>
    private const byte HandshakeRecord = 22;

    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(1);

    private readonly AdminPace _pace = new(time);
    private long _done;
    private long _failed;
    private long _timedOut;
    private long _plain;
    private long _saidAt = long.MinValue / 2;

    /// <summary>Values of this moment.</summary>
    public AdminHandshakes Figures => new(Interlocked.Read(ref _done), Interlocked.Read(ref _failed), Interlocked.Read(ref _timedOut), Interlocked.Read(ref _plain));

    /// <summary>Serves a connection within TLS; one that does not get so far is closed.</summary>
    /// <param name="next">Speaks HTTP.</param>
    /// <param name="connection">Just accepted.</param>
    /// <param name="who">For the log.</param>
    public async Task ServeAsync(ConnectionDelegate next, ConnectionContext connection, string who)
    {
        IDuplexPipe plain = connection.Transport;
        var ssl = new SslStream(new PipesStream(plain));
        await using (ssl.ConfigureAwait(false))
        {
            if (!await ShakeHandsAsync(ssl, connection, who).ConfigureAwait(false))
                return;
            var ciphered = new CipheredPipes(ssl);
            connection.Transport = ciphered;
            try
            {
                await next(connection).ConfigureAwait(false);
            }
            finally
            {
                connection.Transport = plain;
                await EndAsync(ssl, ciphered, connection).ConfigureAwait(false);
            }
        }
    }

    // Without close_notify some would take a whole answer for one that was cut. Whose connection has broken off gets none.
    private async Task EndAsync(SslStream ssl, CipheredPipes ciphered, ConnectionContext connection)
    {
        try
        {
            await ciphered.CompleteAsync().AsTask().WaitAsync(patience(), time).ConfigureAwait(false);
            await ssl.ShutdownAsync().WaitAsync(patience(), time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            connection.Abort(new ConnectionAbortedException("it does not read to the end"));
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException or ObjectDisposedException or InvalidOperationException)
        {
            // It has ended in the midst of something: HTTP knows that already.
        }
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever it was is the reason that the operator reads, and is counted: no connection may be left without an end.")]
    private async Task<bool> ShakeHandsAsync(SslStream ssl, ConnectionContext connection, string who)
    {
        using var late = new CancellationTokenSource(patience(), time);
        CancellationToken ends = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested ?? default;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, ends);
        bool isPlain = false;
        try
        {
            ReadResult first = await connection.Transport.Input.ReadAsync(either.Token).ConfigureAwait(false);
            isPlain = !first.Buffer.IsEmpty && first.Buffer.FirstSpan[0] != HandshakeRecord;
            bool hasGone = first.Buffer.IsEmpty;
            connection.Transport.Input.AdvanceTo(first.Buffer.Start);

            // Who only looks whether somebody listens is no fault.
            if (hasGone)
                return false;
            if (!isPlain)
            {
                await _pace.NextAsync().WaitAsync(either.Token).ConfigureAwait(false);
                await ssl.AuthenticateAsServerAsync(OptionsAsync, null, either.Token).ConfigureAwait(false);
                Interlocked.Increment(ref _done);
                return true;
            }

            Say(who, "what came is no TLS: it looks as if it was asked by http, and this is https", Interlocked.Increment(ref _plain));
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            Say(who, "it took too long", Interlocked.Increment(ref _timedOut));
        }
        catch (Exception e)
        {
            if (!ends.IsCancellationRequested)
                Say(who, Why(e), Interlocked.Increment(ref _failed));
        }

        return false;
    }

    private ValueTask<SslServerAuthenticationOptions> OptionsAsync(SslStream stream, SslClientHelloInfo hello, object? state, CancellationToken cancellation)
    {
        var options = shown(hello.ServerName);
        options.ApplicationProtocols = [SslApplicationProtocol.Http11];
        return ValueTask.FromResult(options);
    }

    // The innermost reason, on one line: those around it say that there is one.
    private static string Why(Exception fault)
    {
        while (fault.InnerException is { } inner)
            fault = inner;
        return fault is EndOfStreamException or IOException { Message.Length: 0 }
            ? "it ended in the midst of it"
            : string.Join(' ', fault.Message.Split(default(char[]), StringSplitOptions.RemoveEmptyEntries));
    }

    private void Say(string who, string why, long count)
    {
        long now = time.GetTimestamp();
        long last = Interlocked.Read(ref _saidAt);
        if (last > long.MinValue / 2 && time.GetElapsedTime(last, now) < LineInterval)
            return;
        if (Interlocked.CompareExchange(ref _saidAt, now, last) == last)
            AdminLog.HandshakeFailed(log, who, why, count);
    }
}
