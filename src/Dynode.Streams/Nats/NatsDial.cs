using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Dynode.Streams.Nats;

/// <summary>Finds the addresses of a host.</summary>
/// <param name="host">A name, or an address.</param>
/// <param name="cancellation">Ends the wait.</param>
public delegate ValueTask<IPAddress[]> NatsLookup(string host, CancellationToken cancellation);

/// <summary>
/// Connects to a server, hears what it says of itself, and goes on within TLS where that is wanted. It comes before the client library, so that nothing
/// secret is sent to a server that will not do, and no library waits for one that is none.
/// </summary>
/// <param name="settings">Whom, and as whom.</param>
/// <param name="lookup">Finds addresses.</param>
/// <param name="tls">How TLS is spoken; null: nobody can.</param>
internal sealed class NatsDial(NatsSettings settings, NatsLookup lookup, INatsTls? tls)
{
    /// <summary>All of it together.</summary>
    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(4);

    /// <returns>Its server has said what it is, and will do.</returns>
    /// <exception cref="NatsTrouble">It cannot be reached, or will not do.</exception>
    public async Task<NatsSocket> ConnectAsync(NatsHost host, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(Timeout);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        Socket? socket = null;
        NatsSocket? connected = null;
        try
        {
            socket = await ReachAsync(host, either.Token).ConfigureAwait(false);
            connected = await NatsSocket.GreetAsync(new NetworkStream(socket, ownsSocket: true), either.Token).ConfigureAwait(false);
            Judge(connected.Info);
            if (settings.Url.IsTls)
                await EncryptAsync(connected, NameOf(host), either.Token).ConfigureAwait(false);
            return connected;
        }
        catch (Exception e)
        {
            socket?.Dispose();
            connected?.Close("given up");
            throw new NatsTrouble($"{host}: {Why(e, late.IsCancellationRequested)}", e is NatsTrouble { IsLasting: true } or AuthenticationException);
        }
    }

    private static string Why(Exception e, bool late) => e switch
    {
        NatsTrouble => e.Message,
        AuthenticationException => $"no TLS with it: {NatsTrouble.Excerpt((e.InnerException ?? e).Message)}",
        OperationCanceledException when late => $"a server that says what it is within {Timeout.TotalSeconds} s is not there",
        _ => NatsTrouble.Excerpt(e.Message),
    };

    private async Task<Socket> ReachAsync(NatsHost host, CancellationToken cancellation)
    {
        IPAddress[] addresses = await lookup(host.Name, cancellation).ConfigureAwait(false);
        if (addresses.Length == 0)
            throw new NatsTrouble("it has no address");
        for (int i = 0; ; i++)
        {
            var socket = new Socket(addresses[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(new IPEndPoint(addresses[i], host.Port), cancellation).ConfigureAwait(false);
                return socket;
            }
            catch (Exception e)
            {
                socket.Dispose();
                if (e is not SocketException || i == addresses.Length - 1)
                    throw;
            }
        }
    }

    private void Judge(NatsServerInfo info)
    {
        if (!NatsVersion.TryParse(info.Version, out NatsVersion version))
            throw NatsTrouble.Lasting($"it says version '{info.Version}', which is none: nats-server {NatsVersion.Least} or later is needed");
        if (version.IsBefore(NatsVersion.Least))
            throw NatsTrouble.Lasting($"nats-server {info.Version} is too old: install {NatsVersion.Least} or later ({NatsVersion.Recommended} or later is recommended)");
        if (!info.HasHeaders)
            throw NatsTrouble.Lasting("the server takes no headers: remove no_header_support from its configuration");
        if (info.PayloadBytesMax < NatsServerInfo.PayloadBytesLeast)
            throw NatsTrouble.Lasting($"the server's max_payload is {info.PayloadBytesMax} bytes: set it to {NatsServerInfo.PayloadBytesLeast} or more");
        if (settings.Url.IsTls && !info.RequiresTls && !info.OffersTls)
            throw NatsTrouble.Lasting("the server has no TLS: use nats:// or give it a certificate");
        if (!settings.Url.IsTls && info.RequiresTls)
            throw NatsTrouble.Lasting("the server wants TLS: use nats+tls://");
    }

    private async Task EncryptAsync(NatsSocket socket, string name, CancellationToken cancellation)
    {
        string? fault = "nobody here can speak it";
        if (tls?.OptionsFor(name, out fault) is not { } options)
            throw NatsTrouble.Lasting($"no TLS with it: {fault}");
        string? refusal = null;
        options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
        {
            refusal = tls.Refusal(name, certificate as X509Certificate2, chain, errors);
            return refusal is null;
        };
        try
        {
            await socket.EncryptAsync(options, cancellation).ConfigureAwait(false);

            // What it said before was said to anybody, by anybody: whoever may have a certificate could have named himself.
            if (!tls.HasOwnAuthorities)
                socket.ForgetOthers();
        }
        catch (AuthenticationException) when (refusal is not null)
        {
            throw NatsTrouble.Lasting($"no TLS with it: {refusal}");
        }
    }

    // A server that others named by its address has the certificate of the name that was configured.
    private string NameOf(NatsHost host) =>
        !settings.Url.Hosts.Contains(host) && IPAddress.TryParse(host.Name, out _)
            ? settings.Url.Hosts.Select(each => each.Name).FirstOrDefault(each => !IPAddress.TryParse(each, out _), host.Name)
            : host.Name;
}
