using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Dynode.Native.Admin;
using Dynode.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Native.Admin;

/// <summary>The admin port by TLS: what is asked there, what is no TLS, and those who never come to the end of a handshake.</summary>
public sealed class AdminTlsTests : IDisposable
{
    private const string Ask = "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    private readonly TestAuthority _authority = new();
    private readonly CountedTimers _time = new(TimeProvider.System.GetUtcNow());
    private readonly ShownFromFolder _shown;

    public AdminTlsTests() => _shown = new(_authority, _time);

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task What_is_asked_by_TLS_is_answered_and_counted(SslProtocols version)
    {
        using AdminUnderTest admin = Start();
        using (SslStream client = await ConnectAsync(admin, version: version))
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", await AskAsync(client), StringComparison.Ordinal);
        string metrics = await MetricsAsync(admin);
        Assert.Contains("dynode_admin_handshakes_total{outcome=\"done\"} 2\n", metrics, StringComparison.Ordinal);
        Assert.Contains($"dynode_tls_certificate_end_seconds {_shown.Tls.End.ToUnixTimeSeconds()}\n", metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("dynode_tls_handshakes_total", metrics, StringComparison.Ordinal);
        Assert.Equal(200, (await admin.AskAsync("/healthz", byControl: true)).Status);
    }

    /// <summary>Many on one connection, and answers that are longer than a record.</summary>
    [Fact]
    public async Task A_connection_is_kept_and_long_answers_come_whole()
    {
        using AdminUnderTest admin = Start();
        using SslStream client = await ConnectAsync(admin);
        for (int i = 0; i < 20; i++)
        {
            await client.WriteAsync("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
            string answer = await AnswerAsync(client);
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
            Assert.Contains("\nprocess_start_time_seconds ", answer, StringComparison.Ordinal);
        }

        Assert.Equal(1, admin.AdminHandshakes!.Done);
    }

    [Fact]
    public async Task HTTP_1_1_is_what_is_agreed_on_and_who_speaks_another_alone_does_not_come_in()
    {
        using AdminUnderTest admin = Start();
        using (SslStream client = await ConnectAsync(admin, protocols: [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11]))
            Assert.Equal(SslApplicationProtocol.Http11, client.NegotiatedApplicationProtocol);
        await Assert.ThrowsAnyAsync<Exception>(() => ConnectAsync(admin, protocols: [SslApplicationProtocol.Http2]));
        await Eventually.True(() => admin.AdminHandshakes == new AdminHandshakes(1, 1, 0, 0), () => $"{admin.AdminHandshakes}");
    }

    [Fact]
    public async Task Who_asks_by_http_is_closed_and_told_nothing_and_the_log_says_what_it_looked_like()
    {
        using AdminUnderTest admin = Start();
        using (Socket plain = await SocketAsync(admin))
        {
            await plain.SendAsync(Encoding.ASCII.GetBytes(Ask));
            Assert.Equal("", await ToEndAsync(new NetworkStream(plain)));
        }

        await Eventually.True(() => admin.AdminHandshakes == new AdminHandshakes(0, 0, 0, 1), () => $"{admin.AdminHandshakes}");
        Assert.Contains(admin.Log, static line => line.Contains("did not get to ask by TLS: what came is no TLS: it looks as if it was asked by http, and this is https (1 so far)", StringComparison.Ordinal));
        Assert.Contains("dynode_admin_handshakes_total{outcome=\"plain\"} 1\n", await MetricsAsync(admin), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_only_looks_whether_somebody_listens_is_no_fault()
    {
        using AdminUnderTest admin = Start();
        using (await SocketAsync(admin))
        {
        }

        using (SslStream client = await ConnectAsync(admin))
            await AskAsync(client);
        Assert.Equal(new AdminHandshakes(1, 0, 0, 0), admin.AdminHandshakes);
        Assert.Empty(admin.Log);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_handshake_is_waited_for_until_its_time_is_over_and_no_longer(bool saysSomething)
    {
        using AdminUnderTest admin = Start(handshake: TimeSpan.FromSeconds(5));
        int before = _time.Made;
        using Socket slow = await SocketAsync(admin);
        if (saysSomething)
            await slow.SendAsync(new byte[] { 22, 3, 1 });
        await Eventually.True(() => _time.Made > before, () => "nobody waits");
        _time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromTicks(1));
        using (SslStream client = await ConnectAsync(admin))
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", await AskAsync(client), StringComparison.Ordinal);
        Assert.Equal(0, admin.AdminHandshakes!.TimedOut);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal("", await ToEndAsync(new NetworkStream(slow)));
        await Eventually.True(() => admin.AdminHandshakes!.TimedOut == 1, () => $"{admin.AdminHandshakes}");
        Assert.Contains(admin.Log, static line => line.Contains("it took too long", StringComparison.Ordinal));
    }

    /// <summary>Around the number of those who may say nothing at once, and around that of all.</summary>
    [Theory]
    [InlineData(OpenConnections.Kept - 1)]
    [InlineData(OpenConnections.Kept)]
    [InlineData(OpenConnections.Kept + 1)]
    [InlineData(OpenConnections.Most - 1)]
    [InlineData(OpenConnections.Most)]
    [InlineData(OpenConnections.Most + 1)]
    public async Task Probes_are_answered_beside_those_who_stop_in_the_midst_of_a_handshake(int count)
    {
        using AdminUnderTest admin = Start();
        List<Socket> slow = [];
        try
        {
            for (int i = 0; i < count; i++)
            {
                Socket socket = await SocketAsync(admin);
                slow.Add(socket);
                await socket.SendAsync(new byte[] { 22, 3, 1, 2, 0, 1 });
            }

            await Eventually.True(() => admin.Connections == Math.Min(count, OpenConnections.Most), () => $"{admin.Connections}");
            _time.Advance(TimeSpan.FromSeconds(1));
            for (int i = 0; i < 5; i++)
            {
                using SslStream client = await ConnectAsync(admin);
                Assert.StartsWith("HTTP/1.1 200 OK\r\n", await AskAsync(client), StringComparison.Ordinal);
            }

            Assert.Equal(5, admin.AdminHandshakes!.Done);
        }
        finally
        {
            slow.ForEach(static socket => socket.Dispose());
        }
    }

    [Fact]
    public async Task So_many_handshakes_are_computed_at_once_and_the_next_one_waits_for_its_turn()
    {
        using AdminUnderTest admin = Start();
        for (int i = 0; i < AdminPace.BurstMax; i++)
        {
            // In TLS 1.3 a client is done first.
            using SslStream client = await ConnectAsync(admin);
            await Eventually.True(() => admin.AdminHandshakes!.Done == i + 1, () => $"{i}: {admin.AdminHandshakes}");
        }

        // One for its own time, and one for its turn.
        int before = _time.Made;
        Task<SslStream> late = ConnectAsync(admin);
        await Eventually.True(() => _time.Made > before + 1, () => "nobody waits");
        Assert.Equal(AdminPace.BurstMax, admin.AdminHandshakes!.Done);
        _time.Advance(TimeSpan.FromSeconds(1) / AdminPace.PerSecondMax);
        using SslStream came = await late.WaitAsync(Deadline.Default);
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", await AskAsync(came), StringComparison.Ordinal);
        Assert.Equal(AdminPace.BurstMax + 1, admin.AdminHandshakes!.Done);
    }

    [Fact]
    public async Task What_is_swapped_on_disk_is_shown_and_a_bad_one_is_not_and_names_are_chosen_by()
    {
        using AdminUnderTest admin = Start();
        Assert.Equal(("CN=one.test", "CN=two.test", "CN=one.test"), (await ShownAsync(admin, "one.test"), await ShownAsync(admin, "two.test"), await ShownAsync(admin, "three.test")));
        _shown.Write(0, _authority.Issue("three.test"));
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("CN=three.test", await ShownAsync(admin, "three.test"));
        _shown.Write(0, _authority.Issue("four.test") with { Key = "nothing" });
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal("CN=three.test", await ShownAsync(admin, "four.test"));
        Assert.Contains("dynode_tls_certificate_fault 1\n", await MetricsAsync(admin), StringComparison.Ordinal);
    }

    /// <summary>Each asks for far more than the kernel takes of it, and takes nothing; what it has asked for is not answered to nobody when it is closed.</summary>
    [Fact]
    public async Task Those_who_ask_by_TLS_and_never_read_are_closed_and_probes_are_answered_meanwhile()
    {
        using var shown = new ShownFromFolder(_authority, TimeProvider.System);
        using AdminUnderTest admin = new(shown.Tls, TimeProvider.System, TimeSpan.FromSeconds(5), new AdminPatience(TimeSpan.FromSeconds(1.2), TimeSpan.FromSeconds(1.2)));
        byte[] requests = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 3_000)));
        List<SslStream> deaf = [];
        try
        {
            for (int i = 0; i < 4; i++)
            {
                SslStream client = await ConnectAsync(admin, receiveBytes: 4096);
                deaf.Add(client);
                _ = SendAsync(client, requests);
            }

            await Eventually.True(() => admin.Connections == 0, () => $"{admin.Connections}");
            using SslStream probe = await ConnectAsync(admin);
            Assert.StartsWith("HTTP/1.1 200 OK\r\n", await AskAsync(probe), StringComparison.Ordinal);
            const string Count = "dynode_admin_requests_total{route=\"/metrics\"} ";
            string line = (await MetricsAsync(admin)).Split('\n').First(static line => line.StartsWith(Count, StringComparison.Ordinal));
            Assert.InRange(int.Parse(line[Count.Length..], System.Globalization.CultureInfo.InvariantCulture), 4, 600);
        }
        finally
        {
            deaf.ForEach(static client => client.Dispose());
        }
    }

    public void Dispose()
    {
        _shown.Dispose();
        _authority.Dispose();
    }

    private AdminUnderTest Start(TimeSpan? handshake = null) => new(_shown.Tls, _time, handshake ?? TimeSpan.FromSeconds(3600), AdminPatience.Usual);

    private static async Task SendAsync(SslStream client, byte[] bytes)
    {
        try
        {
            await client.WriteAsync(bytes);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // It was closed: what the test looks at says the rest.
        }
    }

    private static async Task<Socket> SocketAsync(AdminUnderTest admin, int receiveBytes = 0)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBytes > 0)
            socket.ReceiveBufferSize = receiveBytes;
        await socket.ConnectAsync(admin.Address);
        return socket;
    }

    private async Task<SslStream> ConnectAsync(
        AdminUnderTest admin, SslProtocols version = SslProtocols.None, List<SslApplicationProtocol>? protocols = null, string name = "one.test", int receiveBytes = 0)
    {
        var ssl = new SslStream(new NetworkStream(await SocketAsync(admin, receiveBytes), ownsSocket: true));
        using var limit = new CancellationTokenSource(Deadline.Default);
        await ssl.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = name, EnabledSslProtocols = version, ApplicationProtocols = protocols, RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Issuer == _authority.Root.Subject },
            limit.Token);
        return ssl;
    }

    private async Task<string> ShownAsync(AdminUnderTest admin, string name)
    {
        using SslStream client = await ConnectAsync(admin, name: name);
        return client.RemoteCertificate!.Subject;
    }

    private async Task<string> MetricsAsync(AdminUnderTest admin)
    {
        using SslStream client = await ConnectAsync(admin);
        return await AskAsync(client, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    }

    private static async Task<string> AskAsync(SslStream client, string ask = Ask)
    {
        await client.WriteAsync(Encoding.ASCII.GetBytes(ask));
        return await ToEndAsync(client);
    }

    /// <summary>One answer of a connection that is kept.</summary>
    private static async Task<string> AnswerAsync(SslStream client)
    {
        using var limit = new CancellationTokenSource(Deadline.Default);
        var all = new StringBuilder();
        byte[] buffer = new byte[4096];
        while (true)
        {
            int count = await client.ReadAsync(buffer, limit.Token);
            Assert.True(count > 0, "it ended");
            all.Append(Encoding.ASCII.GetString(buffer, 0, count));
            string text = all.ToString();
            int body = text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
            const string Length = "Content-Length: ";
            int length = body < 4 ? -1 : int.Parse(text[(text.IndexOf(Length, StringComparison.Ordinal) + Length.Length)..].Split('\r')[0], System.Globalization.CultureInfo.InvariantCulture);
            if (length >= 0 && text.Length >= body + length)
                return text;
        }
    }

    private static async Task<string> ToEndAsync(Stream stream)
    {
        using var limit = new CancellationTokenSource(Deadline.Default);
        var all = new StringBuilder();
        byte[] buffer = new byte[4096];
        try
        {
            int count;
            while ((count = await stream.ReadAsync(buffer, limit.Token)) > 0)
                all.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }
        catch (IOException)
        {
            // A reset is an end as good as any.
        }

        return all.ToString();
    }

    /// <summary>A clock that says how many have asked it to be woken.</summary>
    private sealed class CountedTimers(DateTimeOffset start) : FakeTimeProvider(start)
    {
        private int _made;

        public int Made => Volatile.Read(ref _made);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, dueTime, period);
            Interlocked.Increment(ref _made);
            return timer;
        }
    }
}
