using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Dynode.Native.Certificates;
using Dynode.Native.Sockets;

namespace Dynode.Native.Control;

/// <summary>
/// Asks a broadcaster over HTTP/1.1: one connection for each question, so that one that was restarted meanwhile is found again, and an
/// order is never sent a second time. Whole answers, bounded in bytes and in time. Who listens on a socket of this machine is looked at
/// before anything is said to him. No proxy is asked: a token is the broadcaster's alone to see. Used by one thread.
/// </summary>
internal sealed class ControlClient : IDisposable
{
    /// <summary>Metrics of the longest list of servers that there may be are 3 MiB.</summary>
    public const int AnswerBytesMax = 16 << 20;

    /// <summary>A broadcaster that works answers within milliseconds; a machine that is busy may take some.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private const int HeaderKibibytesMax = 32;

    private readonly ControlPlace _place;
    private readonly string? _token;
    private readonly TimeSpan _patience;
    private readonly HttpsRules? _tls;
    private readonly HttpClient _http;
    private readonly Uri _root;
    private Socket? _connected;

    /// <param name="place">Whom.</param>
    /// <param name="token">For a place that takes one; null: none.</param>
    /// <param name="patience">For one answer.</param>
    /// <param name="tls">For a place that speaks TLS: whom of it is believed.</param>
    public ControlClient(ControlPlace place, string? token, TimeSpan patience, ShownToServers? tls = null)
    {
        _place = place;
        _token = place.TakesToken ? token : null;
        _patience = patience;
        _tls = place.IsTls && tls is not null ? new HttpsRules(() => tls) : null;
        _root = new Uri(place.Address is { } address ? $"{(place.IsTls ? "https" : "http")}://{address}" : "http://localhost");

        // AutomaticDecompression must not be set, not even to None: its setter links the decompressors into the binary.
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            ActivityHeadersPropagator = null,
            MaxResponseHeadersLength = HeaderKibibytesMax,
            MaxResponseDrainSize = 0,
            PooledConnectionLifetime = TimeSpan.Zero,
            ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(new NetworkStream(Interlocked.Exchange(ref _connected, null)
                ?? throw new HttpIOException(HttpRequestError.ResponseEnded, "one question has one connection, and that has ended"), ownsSocket: true)),
        };
        if (_tls is not null)
            handler.SslOptions = _tls.Take();
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>For a sentence about it.</summary>
    public ControlPlace Place => _place;

    /// <summary>A question, which changes nothing.</summary>
    public ControlAnswer Get(string target) => Ask(HttpMethod.Get, target, _patience);

    /// <summary>An order. It is sent once, whatever comes of it.</summary>
    /// <param name="target">Path and query, escaped.</param>
    /// <param name="patience">How long it may take.</param>
    public ControlAnswer Post(string target, TimeSpan patience) => Ask(HttpMethod.Post, target, patience);

    public void Dispose() => _http.Dispose();

    private ControlAnswer Ask(HttpMethod method, string target, TimeSpan patience)
    {
        using var deadline = new CancellationTokenSource(patience);
        _tls?.Forget();
        OtherSide? other = null;
        try
        {
            using Socket socket = Connect(deadline.Token);
            using CancellationTokenRegistration late = deadline.Token.UnsafeRegister(static closed => ((Socket)closed!).Dispose(), socket);
            other = _place.IsUnix ? new OtherSide(SocketUser.Of(socket)) : null;
            if (other?.Doubt(_place) is { } doubt)
                return ControlAnswer.Without(AskOutcome.NotTrusted, doubt);
            return Ask(method, target, socket, deadline.Token);
        }
        catch (Exception) when (deadline.IsCancellationRequested)
        {
            return ControlAnswer.Without(
                AskOutcome.NoAnswer, string.Create(CultureInfo.InvariantCulture, $"no whole answer within {patience.TotalSeconds} s"));
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode switch
            {
                // A path without a socket at it: the runtime has no name for ENOENT.
                SocketError.ConnectionRefused or SocketError.AddressNotAvailable => NoneRuns,
                _ when _place.Path is { } path && !File.Exists(path) => NoneRuns,
                SocketError.AccessDenied => ControlAnswer.Without(AskOutcome.NotTrusted, "this user may not connect to it"),
                SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData => ControlAnswer.Without(AskOutcome.NoneRuns, "the name does not resolve"),
                SocketError.TimedOut or SocketError.WouldBlock =>
                    ControlAnswer.Without(AskOutcome.NoAnswer, string.Create(CultureInfo.InvariantCulture, $"no whole answer within {patience.TotalSeconds} s")),
                _ => ControlAnswer.Without(AskOutcome.NoneRuns, Escaped.Text(e.Message)),
            };
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            if (_tls?.Refusal is { } refusal)
                return ControlAnswer.Without(AskOutcome.NotTrusted, Escaped.Text(refusal));
            return other is { MayLetUsIn: false } && IsEnd(e)
                ? ControlAnswer.Without(AskOutcome.NotLetIn, other.Uid == 0 ? "root alone may ask it" : $"root and user {FigureText.Whole(other.Uid)} alone may ask it")
                : ControlAnswer.Without(AskOutcome.NoAnswer, Said(e) + (_place is { Address: not null, IsTls: false } && IsEnd(e) ? "; where admin_tls=true it is asked by --at https://HOST:PORT" : ""));
        }
    }

    private static ControlAnswer NoneRuns => ControlAnswer.Without(AskOutcome.NoneRuns, "none is running here");

    private Socket Connect(CancellationToken deadline)
    {
        Socket socket = _place.IsUnix
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (_place.Address is not { } address)
            {
                // Waits in the kernel, where those who ask stand in a full line.
                socket.SendTimeout = (int)_patience.TotalMilliseconds;
                socket.Connect(_place.UnixEndPoint);
            }
            else if (address.Ip is { } ip)
                socket.ConnectAsync(new IPEndPoint(ip, address.Port), deadline).AsTask().GetAwaiter().GetResult();
            else
                socket.ConnectAsync(new DnsEndPoint(address.Host, address.Port), deadline).AsTask().GetAwaiter().GetResult();
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private ControlAnswer Ask(HttpMethod method, string target, Socket socket, CancellationToken deadline)
    {
        _connected = socket;
        using var asked = new HttpRequestMessage(method, new Uri(_root, target));
        asked.Headers.ConnectionClose = true;
        asked.Headers.TryAddWithoutValidation("User-Agent", "dynode");
        if (_token is not null)
            asked.Headers.TryAddWithoutValidation("Authorization", $"Bearer {_token}");
        if (method == HttpMethod.Post)
            asked.Content = new ByteArrayContent([]);
        using HttpResponseMessage answer = _http.Send(asked, HttpCompletionOption.ResponseHeadersRead, deadline);
        if (Read(answer.Content) is not { } body)
            return ControlAnswer.Without(AskOutcome.NoAnswer, $"its answer is longer than {AnswerBytesMax >> 20} MiB");
        return IsText(body)
            ? ControlAnswer.Of((int)answer.StatusCode, body)
            : ControlAnswer.Without(AskOutcome.NoAnswer, "its answer is no UTF-8 text");
    }

    /// <summary>Null: too long.</summary>
    private static byte[]? Read(HttpContent content)
    {
        if (content.Headers.ContentLength is > AnswerBytesMax)
            return null;
        using Stream stream = content.ReadAsStream();
        byte[] bytes = new byte[32 << 10];
        int length = 0;
        while (stream.Read(bytes, length, bytes.Length - length) is > 0 and var count)
        {
            length += count;
            if (length > AnswerBytesMax)
                return null;
            if (length == bytes.Length)
                Array.Resize(ref bytes, 2 * length);
        }

        return bytes[..length];
    }

    private static bool IsText(byte[] bytes) => System.Text.Unicode.Utf8.IsValid(bytes);

    private static HttpRequestError ErrorOf(Exception e) => e switch
    {
        HttpRequestException request => request.HttpRequestError,
        HttpIOException io => io.HttpRequestError,
        _ => HttpRequestError.Unknown,
    };

    // Whether it shows when we write, read or wait.
    private static bool IsEnd(Exception? e)
    {
        for (; e is not null; e = e.InnerException)
        {
            if (ErrorOf(e) == HttpRequestError.ResponseEnded || e is SocketException { SocketErrorCode: SocketError.ConnectionReset or SocketError.Shutdown })
                return true;
        }

        return false;
    }

    private static string Said(Exception e)
    {
        return ErrorOf(e) switch
        {
            _ when IsEnd(e) => "the connection ended before the whole answer had come",
            HttpRequestError.InvalidResponse => "what it answers is not HTTP/1.1",
            HttpRequestError.ConfigurationLimitExceeded => $"its answer's headers are longer than {HeaderKibibytesMax} KiB",
            _ => Escaped.Text((e.InnerException ?? e).Message),
        };
    }
}
