using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Dynode.Broadcast.Backends;
using Dynode.Native.Certificates;

namespace Dynode.Native.Membership;

/// <summary>
/// Asks the list URL over HTTP/1.1. Made when auto-update is on and not before: HttpClient is paid for with memory.
/// Each request has a connection of its own, so closing that one at the deadline ends any wait, a synchronous read of
/// the body included, and the host name is looked up anew each time, on a thread of the lookups: the runtime's own would block one of
/// the pool, which is the data plane's too. Proxies are those of the environment (http_proxy, https_proxy,
/// all_proxy, no_proxy), as curl and every other tool of the operator takes them.
/// Used by one thread; only the deadline's token is looked at by others.
/// </summary>
internal sealed class ListClient : IListSource
{
    public const int RedirectsMax = 10;

    /// <summary>A list needs none of what usually makes headers long.</summary>
    public const int HeaderKibibytesMax = 32;

    private readonly TimeProvider _time;
    private readonly Func<bool> _canTls;
    private readonly NameLookups _lookups;
    private readonly HttpsRules _tls;
    private HttpClient _http;
    private volatile LookupPast _past;
    private CancellationToken _deadline;

    /// <param name="time">The clock for timeouts.</param>
    /// <param name="canTls">Whether TLS can be spoken here; asked where it is wanted.</param>
    /// <param name="lookups">Of its host's name.</param>
    /// <param name="shown">What the URL is shown by https, and whom of it is believed, at this moment.</param>
    public ListClient(TimeProvider time, Func<bool> canTls, NameLookups lookups, Func<ShownToServers> shown)
    {
        _time = time;
        _canTls = canTls;
        _lookups = lookups;
        _tls = new HttpsRules(shown);
        _http = Made(tls: null);
    }

    public ListVerdict Fetch(ListRequest request, TimeSpan timeout, CancellationToken interrupted)
    {
        bool isLimited = timeout > TimeSpan.Zero && timeout < MembershipState.DelayMax;
        using var late = new CancellationTokenSource(isLimited ? timeout : Timeout.InfiniteTimeSpan, _time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(late.Token, interrupted);
        _deadline = deadline.Token;
        _tls.Forget();
        try
        {
            return Follow(request, deadline.Token);
        }
        catch (Exception) when (deadline.IsCancellationRequested)
        {
            // Whatever it threw, it did so because the connection was closed under it.
            return interrupted.IsCancellationRequested
                ? ListVerdict.Bad("interrupted")
                : ListVerdict.Bad(string.Create(CultureInfo.InvariantCulture, $"no whole answer within {timeout.TotalSeconds} s"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException or OperationCanceledException
            or ObjectDisposedException)
        {
            return ListVerdict.Bad(_tls.Refusal ?? FetchFault.Of(e));
        }
    }

    public void Dispose() => _http.Dispose();

    private ListVerdict Follow(ListRequest request, CancellationToken deadline)
    {
        for (int redirects = 0; ; redirects++)
        {
            if (NeedsTls(request.Target))
            {
                if (!_canTls())
                    return ListVerdict.Bad(TlsLibrary.Missing);
                GoByTheFiles();
            }

            using HttpRequestMessage asked = Message(request);
            using HttpResponseMessage answer = _http.Send(asked, HttpCompletionOption.ResponseHeadersRead, deadline);
            int status = (int)answer.StatusCode;
            if (answer.IsSuccessStatusCode)
                return AnswerBody.Read(answer.Content);
            if (status is not (301 or 302 or 303 or 307 or 308))
                return ListVerdict.Bad(string.Create(CultureInfo.InvariantCulture, $"HTTP {status}"));
            if (redirects == RedirectsMax)
                return ListVerdict.Bad(string.Create(CultureInfo.InvariantCulture, $"more than {RedirectsMax} redirects"));

            string? location = answer.Headers.NonValidated.TryGetValues("Location", out var values) ? values.First() : null;
            if (!request.TryFollow(status, location, out ListRequest? next, out string? fault))
                return ListVerdict.Bad(fault);
            request = next;
        }
    }

    private static HttpRequestMessage Message(ListRequest request)
    {
        var message = new HttpRequestMessage(request.Method, request.Target);
        message.Headers.ConnectionClose = true;
        message.Headers.TryAddWithoutValidation("User-Agent", "dynode");
        message.Headers.TryAddWithoutValidation("Accept", "application/json");
        message.Headers.TryAddWithoutValidation("Accept-Encoding", "identity");
        if (request.Authorization is not null)
            message.Headers.TryAddWithoutValidation("Authorization", request.Authorization);
        if (request.Form is not null)
        {
            message.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(request.Form));
            message.Content.Headers.TryAddWithoutValidation("Content-Type", "application/x-www-form-urlencoded");
        }

        return message;
    }

    // A proxy that is itself spoken to by TLS needs OpenSSL as well.
    private static bool NeedsTls(Uri target) =>
        target.Scheme == Uri.UriSchemeHttps
        || (!HttpClient.DefaultProxy.IsBypassed(target) && HttpClient.DefaultProxy.GetProxy(target)?.Scheme == Uri.UriSchemeHttps);

    private void GoByTheFiles()
    {
        if (!_tls.IsOutdated)
            return;
        _http.Dispose();
        _http = Made(_tls.Take());
    }

    private HttpClient Made(SslClientAuthenticationOptions? tls)
    {
        var handler = Handler();
        if (tls is not null)
            handler.SslOptions = tls;
        return new(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    private SocketsHttpHandler Handler() => new()
    {
        // Redirects are followed here: each may lead to https, and none may lead away from it.
        AllowAutoRedirect = false,
        UseCookies = false,
        // AutomaticDecompression is None by default, and must not be set, not even to that: its setter is what links zlib,
        // brotli and zstd into the binary.
        ActivityHeadersPropagator = null,
        MaxResponseHeadersLength = HeaderKibibytesMax,
        // An answer that was refused is not read on to save its connection.
        MaxResponseDrainSize = 0,
        // "Connection: close" in a request does not keep its connection out of the pool where the answer does not repeat it,
        // and on one that the server has closed the next request with a body fails.
        PooledConnectionLifetime = TimeSpan.Zero,
        ConnectCallback = ConnectAsync,
    };

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        CancellationToken deadline = _deadline;
        DnsEndPoint host = context.DnsEndPoint;
        IPAddress[] addresses = IPAddress.TryParse(host.Host, out IPAddress? ip) ? [ip] : await LookUpAsync(host.Host, deadline).ConfigureAwait(false);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, host.Port, deadline).ConfigureAwait(false);
            await ControlStream.LeaveSocketThread().ConfigureAwait(false);
            // From here on nothing but this ends a synchronous read.
            _ = deadline.UnsafeRegister(static closed => ((Socket)closed!).Dispose(), socket);
            return new ControlStream(new NetworkStream(socket, ownsSocket: true));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    // A lookup that hangs is left to itself at the deadline: the next request for the same name waits for the same one.
    private Task<IPAddress[]> LookUpAsync(string host, CancellationToken deadline)
    {
        var answered = new TaskCompletionSource<IPAddress[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        _lookups.Ask(host, _past, answer =>
        {
            _past = answer.Past;
            if (answer.Error is null && !answer.Addresses.IsEmpty)
                answered.SetResult([.. answer.Addresses]);
            else
                answered.SetException(new SocketException((int)SocketError.HostNotFound, answer.Error ?? "the name has no address"));
        });
        return answered.Task.WaitAsync(deadline);
    }
}
