using Dynode.Log;
using NATS.Client.Core;

namespace Dynode.Streams.Nats;

/// <summary>
/// One connection, from logging in to its end. The client library never makes it anew: what it had not sent yet would go out on the next one, behind what was sent again
/// meanwhile. Any thread.
/// </summary>
internal sealed class NatsLink : IAsyncDisposable
{
    /// <summary>A request that is not answered by then is not going to be.</summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(4);

    // The library asks whether the server is there, and gives up when it was silent for three of these.
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(5);

    // The library's own disposal waits for its tasks; nobody waits for it longer than that.
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromMilliseconds(500);

    private readonly NatsSocket _socket;
    private readonly NatsConnection _connection;
    private readonly NatsInbox _inbox;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _over = new();
    private string _lastError = "";

    private NatsLink(NatsSocket socket, NatsHost host, NatsSettings settings, TimeProvider time)
    {
        _socket = socket;
        _time = time;
        Host = host;
        _connection = new NatsConnection(new NatsOpts
        {
            Url = $"nats://{host}",
            Name = settings.ClientName,
            AuthOpts = new NatsAuthOpts
            {
                Username = OrNull(settings.User),
                Password = OrNull(settings.Password),
                Token = OrNull(settings.Token),
                Creds = OrNull(settings.Credentials),
            },
            TlsOpts = new NatsTlsOpts { Mode = TlsMode.Disable },
            SocketConnectionFactory = socket,
            ConnectTimeout = NatsDial.Timeout,
            CommandTimeout = AnswerTimeout,
            RequestTimeout = AnswerTimeout,
            PingInterval = PingInterval,
            RequestReplyMode = NatsRequestReplyMode.SharedInbox,
            NoRandomize = true,
            MaxPayloadHardCap = NatsServerInfo.PayloadBytesMost + NatsWire.HeaderBytesMax,

            // Each keeps what it once grew to; that many are never under way at a time.
            ObjectPoolSize = 4,
        });
        _inbox = new NatsInbox(_connection, NatsInbox.NewPrefix(), Break);
        socket.Error = Hear;
    }

    public NatsHost Host { get; }

    public NatsServerInfo Info => _socket.Info;

    /// <summary>In ticks of 100 ns, of a clock that never goes back.</summary>
    public long Now => _time.GetElapsedTime(0).Ticks;

    /// <summary>Why it is over.</summary>
    public Task<NatsTrouble> Ended => _socket.Ended;

    /// <summary>Logs in, where the dial has been answered.</summary>
    /// <exception cref="NatsTrouble">It was refused, or nobody answered.</exception>
    public static async Task<NatsLink> OpenAsync(NatsSocket socket, NatsHost host, NatsSettings settings, TimeProvider time, CancellationToken cancellation)
    {
        var link = new NatsLink(socket, host, settings, time);
        try
        {
            await link._connection.ConnectAsync().AsTask().WaitAsync(cancellation).ConfigureAwait(false);
            await link._connection.AddSubAsync(link._inbox, cancellation).ConfigureAwait(false);
            link.FailAllAtEnd();
            return link;
        }
        catch (Exception e)
        {
            await link.DisposeAsync().ConfigureAwait(false);
            NatsTrouble why = await link.Ended.ConfigureAwait(false);
            throw why.IsLasting ? why : new NatsTrouble(link._lastError.Length > 0 || e is OperationCanceledException or NatsTrouble ? why.Message
                : $"{host}: nobody answered the login: {NatsTrouble.Excerpt((e.InnerException ?? e).Message)}{(settings.Url.IsTls ? "; it may be that the server wants a certificate of ours, or another one: log_cert" : "")}");
        }
    }

    /// <summary>Sends bytes; done when they are on their way.</summary>
    /// <exception cref="NatsTrouble">The connection has ended, or takes nothing.</exception>
    public async ValueTask SendAsync(string subject, ReadOnlyMemory<byte> body, NatsHeaders? headers, string? replyTo)
    {
        try
        {
            await _connection.PublishAsync(subject, body, headers, replyTo, NatsBody.AsItIs, cancellationToken: _over.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw Over(e);
        }
    }

    /// <summary>Sends a parcel; done when it is on its way.</summary>
    /// <exception cref="NatsTrouble">The connection has ended, or takes nothing.</exception>
    public async ValueTask SendAsync(string subject, PageChain parcel, string replyTo)
    {
        try
        {
            await _connection.PublishAsync(subject, parcel, null, replyTo, NatsBody.AsItIs, cancellationToken: _over.Token).ConfigureAwait(false);
        }
        catch (NatsPayloadTooLargeException)
        {
            throw new NatsTrouble($"a parcel of {parcel.Length} bytes is longer than the server's max_payload of {Info.PayloadBytesMax}");
        }
        catch (Exception e)
        {
            throw Over(e);
        }
    }

    /// <summary>Sends a request and waits for its reply.</summary>
    /// <exception cref="NatsNobody">Nobody listens to it.</exception>
    /// <exception cref="NatsTrouble">It is not allowed, was not answered, or the connection has ended.</exception>
    public Task<byte[]> AskAsync(string subject, ReadOnlyMemory<byte> body, CancellationToken cancellation, NatsHeaders? headers = null, TimeSpan? timeout = null) =>
        AskAsync(new NatsReply(subject), body, cancellation, headers, timeout);

    /// <summary>The same, for who wants to see the reply's header.</summary>
    public async Task<byte[]> AskAsync(NatsReply reply, ReadOnlyMemory<byte> body, CancellationToken cancellation, NatsHeaders? headers = null, TimeSpan? timeout = null)
    {
        string subject = reply.Subject;
        string replyTo = _inbox.Enter(reply, out int number);
        try
        {
            if (_over.IsCancellationRequested)
                throw Over(new OperationCanceledException());
            await SendAsync(subject, body, headers, replyTo).ConfigureAwait(false);
            return await reply.Bytes.WaitAsync(timeout ?? AnswerTimeout, _time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new NatsTrouble($"{subject} was not answered within {(timeout ?? AnswerTimeout).TotalSeconds} s");
        }
        finally
        {
            _inbox.Leave(number);
        }
    }

    /// <summary>The replies to what is going to be sent, without end.</summary>
    public string Enter(INatsReplies replies) => _inbox.Enter(replies, out _);

    /// <summary>Subscribes.</summary>
    /// <exception cref="NatsTrouble">The connection has ended, or takes nothing.</exception>
    public async Task<NatsSubscription> ListenAsync(string subject, INatsReplies replies)
    {
        var subscription = new NatsSubscription(_connection, subject, replies, Break);
        try
        {
            await _connection.AddSubAsync(subscription, _over.Token).ConfigureAwait(false);
            return subscription;
        }
        catch (Exception e)
        {
            throw Over(e);
        }
    }

    public void End(NatsTrouble why)
    {
        _socket.Close(why);
        _over.Cancel();
    }

    public async ValueTask DisposeAsync()
    {
        End(new NatsTrouble("the connection was closed"));
        try
        {
            await _connection.DisposeAsync().AsTask().WaitAsync(CloseTimeout).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Its socket is closed: what is left of it ends by itself, and there is nobody to tell.
        }
    }

    private static string? OrNull(string text) => text.Length == 0 ? null : text;

    private async void FailAllAtEnd()
    {
        NatsTrouble why = await Ended.ConfigureAwait(false);
        await _over.CancelAsync().ConfigureAwait(false);
        _inbox.FailAll(why);
    }

    private void Break(Exception e) => End(e as NatsTrouble ?? new NatsTrouble($"what came could not be taken: {NatsTrouble.Excerpt(e.Message)}"));

    private NatsTrouble Over(Exception e)
    {
        if (Ended.IsCompleted)
            return Ended.Result;
        var why = new NatsTrouble(e is NatsTimeoutException or TimeoutException ? $"the server took nothing for {AnswerTimeout.TotalSeconds} s" : NatsTrouble.Excerpt(e.Message));
        End(why);
        return why;
    }

    // On the thread that reads, before the library sees it, and so before the reply to anything that was sent later.
    private void Hear(string error)
    {
        Volatile.Write(ref _lastError, error);
        if (NatsRefusal.TryRead(error, out NatsRefusal refusal))
        {
            var why = NatsTrouble.Lasting(refusal.ToString());
            if (refusal.IsSubscription || !_inbox.Fail(refusal.Subject, why))
                End(why);
            return;
        }

        // Said for a subject that another would have been pedantic about; nothing has ended.
        if (error.StartsWith("Invalid ", StringComparison.OrdinalIgnoreCase))
            return;
        End(new NatsTrouble(Meaning(error), IsLogin(error) || error.StartsWith("Maximum ", StringComparison.OrdinalIgnoreCase)));
    }

    private static bool IsLogin(string error) =>
        error.Contains("Authorization", StringComparison.OrdinalIgnoreCase) || error.Contains("Authentication", StringComparison.OrdinalIgnoreCase);

    private static string Meaning(string error) => IsLogin(error)
        ? $"the server refuses the login: {error}: see log_user, log_password, log_token and log_creds"
        : $"the server says: {error}";
}
