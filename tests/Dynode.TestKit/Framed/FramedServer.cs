using System.Net.Sockets;

namespace Dynode.TestKit.Framed;

/// <summary>
/// A <see cref="ScriptedServer"/> that knows where requests end: it records each one as it comes, answers by its script in
/// order, and its answers can be held and let go one by one. A request counts as done by the server when it is recorded,
/// whether its answer goes out or not. Any thread; <c>_lock</c> guards requests, replies and permissions; it is taken inside a
/// connection's lock of reading, so nothing that ends or pauses connections is called under it.
/// </summary>
public sealed class FramedServer : IDisposable
{
    private static long _runs;

    private readonly Lock _lock = new();
    private readonly Func<IFraming> _framing;
    private readonly List<FramedConnection> _connections = [];
    private readonly List<FramedRequest> _received = [];
    private readonly List<string> _faults = [];
    private readonly ScriptedServer _tcp;
    private volatile FramedScript _script;
    private int _requests;
    private int _answered;
    private long _mayAnswer = long.MaxValue;
    private bool _holdsPreambles;

    private FramedServer(Func<IFraming> framing, FramedScript? script, ServerScript? tcp)
    {
        _framing = framing;
        _script = script ?? new FramedScript();
        _tcp = ScriptedServer.Down((tcp ?? new ServerScript()) with { OnRead = Take });
    }

    /// <summary>Below the frames: the bytes, the connections, how each ended.</summary>
    public ScriptedServer Tcp => _tcp;

    public int Port => _tcp.Port;

    /// <summary>As in <c>servers=</c>.</summary>
    public string Address => _tcp.Address;

    /// <summary>In force from the next request on.</summary>
    public FramedScript Script
    {
        get => _script;
        set => _script = value;
    }

    /// <summary>All requests that were no preamble, in the order in which they came.</summary>
    public IReadOnlyList<FramedRequest> Requests => [.. Received.Where(request => !request.IsPreamble)];

    /// <summary><see cref="Requests"/> by their text.</summary>
    public IReadOnlyList<string> Texts => [.. Requests.Select(request => request.Text)];

    /// <summary>Preambles too.</summary>
    public IReadOnlyList<FramedRequest> Received
    {
        get
        {
            lock (_lock) return [.. _received];
        }
    }

    /// <summary>Answers that were begun, preambles' too.</summary>
    public int Answered
    {
        get
        {
            lock (_lock) return _answered;
        }
    }

    /// <summary>Answers that wait on connections that are open.</summary>
    public int Withheld
    {
        get
        {
            lock (_lock) return _connections.Where(c => c.Tcp.IsOpen).Sum(c => c.Withheld);
        }
    }

    /// <summary>What came that was no request, and where. A test whose client is right asserts that it is empty.</summary>
    public IReadOnlyList<string> Faults
    {
        get
        {
            lock (_lock) return [.. _faults];
        }
    }

    /// <summary>RESP2. Listens at once, as the others do.</summary>
    /// <param name="script">Default: a master without a password.</param>
    /// <param name="tcp">Default: as <see cref="ScriptedServer.Start"/>.</param>
    /// <param name="listens">False: its port refuses, until it listens.</param>
    public static FramedServer Redis(FramedScript? script = null, ServerScript? tcp = null, bool listens = true) =>
        Start(RunOfRedis(), script, tcp, listens);

    /// <summary>memcached's text protocol.</summary>
    /// <inheritdoc cref="Redis"/>
    public static FramedServer Memcached(FramedScript? script = null, ServerScript? tcp = null, bool listens = true) =>
        Start(() => new MemcachedFraming(), script, tcp, listens);

    /// <summary>Lines, answered by lines.</summary>
    /// <inheritdoc cref="Redis"/>
    public static FramedServer Line(FramedScript? script = null, ServerScript? tcp = null, bool listens = true) =>
        Start(() => new LineFraming(), script, tcp, listens);

    /// <summary>Bytes of a half request that a connection has brought, or had brought when it ended.</summary>
    public int HalfRequestBytes(int connection)
    {
        lock (_lock) return _connections.FirstOrDefault(c => c.Tcp.Index == connection)?.HalfRequestBytes ?? 0;
    }

    /// <summary>Goes on reading and recording. Once this has returned no further answer is begun, but for the next few.</summary>
    /// <param name="after">So many are still given, on all connections together, first come first served.</param>
    /// <param name="preamblesToo">Else preambles are answered, and do not count.</param>
    public void HoldAnswers(long after = 0, bool preamblesToo = false)
    {
        lock (_lock)
        {
            _mayAnswer = after;
            _holdsPreambles = preamblesToo;
        }
    }

    /// <summary>Lets so many more answers go.</summary>
    public void ReleaseAnswers(long count)
    {
        lock (_lock)
        {
            if (_mayAnswer == long.MaxValue) throw new ExpectationException("answers are not held");
            _mayAnswer += count;
        }

        SendAll();
    }

    /// <summary>Lets all answers go, those that wait and those to come.</summary>
    public void ReleaseAnswers()
    {
        lock (_lock) _mayAnswer = long.MaxValue;
        SendAll();
    }

    /// <summary>Lets the rest of every <see cref="FramedReply.Halted"/> reply go that has halted.</summary>
    public void EndHalts()
    {
        lock (_lock) _connections.ForEach(c => c.EndHalt());
        SendAll();
    }

    /// <summary>Sends a reply that nobody asked for on every open connection, past all that waits.</summary>
    public Task SendUnaskedAsync(FramedReply reply) => Task.WhenAll(_tcp.OpenConnections.Select(c => c.SendAsync(reply.Bytes)));

    /// <inheritdoc cref="ScriptedServer.PauseReading"/>
    public void PauseReading() => _tcp.PauseReading();

    public void ResumeReading() => _tcp.ResumeReading();

    /// <inheritdoc cref="ScriptedServer.Listen"/>
    public void Listen() => _tcp.Listen();

    /// <inheritdoc cref="ScriptedServer.StopListening"/>
    public void StopListening() => _tcp.StopListening();

    /// <summary>FIN on all open connections. Once this has returned nothing more of them is recorded, nor after the other ends here.</summary>
    public void CloseAll() => End(_tcp.CloseAll);

    /// <summary>RST on all open connections.</summary>
    public void ResetAll() => End(_tcp.ResetAll);

    /// <inheritdoc cref="ScriptedServer.Kill"/>
    public void Kill() => End(_tcp.Kill);

    /// <inheritdoc cref="ScriptedServer.Restart"/>
    public void Restart()
    {
        Kill();
        Listen();
    }

    /// <summary>Waits until at least so many requests have come that were no preamble, and gives them all.</summary>
    public async Task<IReadOnlyList<FramedRequest>> RequestsAsync(int count, TimeSpan? deadline = null)
    {
        await Eventually.True(() => Volatile.Read(ref _requests) >= count, () => $"waited for {count} requests. {Dump()}", deadline).ConfigureAwait(false);
        return Requests;
    }

    /// <summary>Waits until exactly these requests have come, in this order, on all connections together.</summary>
    public Task TextsAsync(IEnumerable<string> texts, TimeSpan? deadline = null)
    {
        string expected = string.Join('\n', texts);
        return Eventually.Equal(expected, () => string.Join('\n', Texts), Dump, deadline);
    }

    /// <summary>Waits until so many answers wait.</summary>
    public Task WithheldAsync(int count, TimeSpan? deadline = null) => Eventually.Equal(count, () => Withheld, Dump, deadline);

    /// <summary>For failure messages: the state and the last requests.</summary>
    public string Dump()
    {
        const int Shown = 20;
        string tcp = _tcp.Dump();
        lock (_lock)
        {
            IEnumerable<string> lines = _received.TakeLast(Shown).Select(r => $"\n  {r}").Concat(_faults.Select(f => $"\n  fault: {f}"));
            return $"{_requests} requests, {_answered} answers begun, {(_mayAnswer == long.MaxValue ? "all" : _mayAnswer)} may go. {tcp}{string.Concat(lines)}";
        }
    }

    public void Dispose() => End(_tcp.Dispose);

    private static Func<IFraming> RunOfRedis()
    {
        string run = Interlocked.Increment(ref _runs).ToString("x40", System.Globalization.CultureInfo.InvariantCulture);
        return () => new RedisFraming(run);
    }

    private static FramedServer Start(Func<IFraming> framing, FramedScript? script, ServerScript? tcp, bool listens)
    {
        var server = new FramedServer(framing, script, tcp);
        if (listens) server.Listen();
        return server;
    }

    // Who is recording now has looked before the end, and is waited for; who comes later looks after it.
    private void End(Action end)
    {
        end();
        lock (_lock) _connections.ForEach(c => c.Forget());
    }

    private void Take(ScriptedConnection tcp, ReadOnlyMemory<byte> read)
    {
        FramedConnection? connection;
        lock (_lock)
        {
            connection = _connections.Find(c => c.Tcp == tcp);
            if (connection is null) _connections.Add(connection = new FramedConnection(tcp, _framing()));
            if (!tcp.IsOpen || connection.IsOver) return;
            connection.Bring(read.Span);
            try
            {
                foreach (string[] words in connection.TakeRequests()) TakeRequest(connection, words);
            }
            catch (FormatException e)
            {
                _faults.Add($"#{tcp.Index}: {e.Message}");
                connection.Answer(connection.Framing.Fault(e.Message), isPreamble: false);
            }
        }

        Send(connection);
    }

    private void TakeRequest(FramedConnection connection, string[] words)
    {
        bool isPreamble = connection.Requests == 0 && connection.Framing.IsPreamble(words);
        if (!isPreamble)
        {
            connection.Requests++;
            Volatile.Write(ref _requests, _requests + 1);
        }

        var request = new FramedRequest(words, connection.Tcp.Index, isPreamble ? 0 : _requests, connection.Requests, connection.Framing.Database);
        _received.Add(request);
        FramedScript script = _script;
        connection.Answer(connection.Framing.Answer(request, script, Steer), isPreamble);

        FramedReply? Steer(FramedRequest asked) =>
            script.Answer?.Invoke(asked) ?? (script.Refusal is { } refusal && !asked.IsPreamble ? FramedReply.Line(refusal) : null);
    }

    private void SendAll()
    {
        FramedConnection[] connections;
        lock (_lock) connections = [.. _connections];
        Array.ForEach(connections, Send);
    }

    private void Send(FramedConnection connection)
    {
        lock (_lock)
        {
            if (connection.IsSending) return;
            connection.IsSending = true;
        }

        // Not here: who calls may hold a lock, and a send may end the connection.
        _ = Task.Run(() => SendLoopAsync(connection));
    }

    private async Task SendLoopAsync(FramedConnection connection)
    {
        try
        {
            while (true)
            {
                (byte[] Bytes, ReplyThen Then) next;
                lock (_lock)
                {
                    next = connection.Next(MayAnswer, out int answers);
                    _answered += answers;
                    if (next is { Bytes.Length: 0, Then: ReplyThen.GoOn } && answers == 0)
                    {
                        connection.IsSending = false;
                        return;
                    }
                }

                await connection.Tcp.SendAsync(next.Bytes).ConfigureAwait(false);
                if (next.Then == ReplyThen.Close) connection.Tcp.Close();
                if (next.Then == ReplyThen.Reset) connection.Tcp.Reset();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The connection ended first; nobody sends on it again.
        }
    }

    private bool MayAnswer(bool isPreamble)
    {
        if (_mayAnswer == long.MaxValue || (isPreamble && !_holdsPreambles)) return true;
        if (_mayAnswer == 0) return false;
        _mayAnswer--;
        return true;
    }
}
