using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Dynode.Native.Admin;
using Dynode.TestKit;

namespace Dynode.UnitTests.Native.Admin;

/// <summary>
/// Whoever asks the admin side and dawdles is waited for so long and no longer, and keeps no probe waiting. The times are as short as Kestrel can
/// count them; how long the real ones are is a test of its own.
/// </summary>
public sealed class SlowAskersTests
{
    /// <summary>Kestrel looks once a second, and wants more than that.</summary>
    private static readonly AdminPatience Short = new(TimeSpan.FromSeconds(1.2), TimeSpan.FromSeconds(1.2));

    /// <summary>What stands around one chunk of such a length, which Kestrel counts with it.</summary>
    private const int ChunkBytes = 13;

    /// <summary>Between two bytes of one who dawdles.</summary>
    private static readonly TimeSpan Pace = TimeSpan.FromSeconds(0.05);

    [Fact]
    public void The_times_are_five_seconds_for_a_request_and_thirty_between_two() =>
        Assert.Equal((5, 30), (AdminPatience.Usual.Request.TotalSeconds, AdminPatience.Usual.Idle.TotalSeconds));

    [Theory]
    [InlineData("GET /healthz HTTP/1.1\r\nHost: x\r\nX: ")]
    [InlineData("GET /")]
    [InlineData("POST /reload HTTP/1.1\r\nHost: x\r\nContent-Le")]
    public async Task A_head_that_comes_byte_by_byte_is_waited_for_so_long_and_probes_are_answered_meanwhile(string begin)
    {
        using var admin = new AdminUnderTest(Short);
        using var slow = await ConnectAsync(admin);
        await slow.SendAsync(Encoding.ASCII.GetBytes(begin));
        string answer = await DripAsync(slow, admin);
        Assert.StartsWith("HTTP/1.1 408 ", answer, StringComparison.Ordinal);
    }

    /// <summary>Nothing here reads a body: the answer does not wait for it, and the connection ends with what of it does not come.</summary>
    [Theory]
    [InlineData("Content-Length: 1000\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n3e8\r\n")]
    public async Task A_body_that_comes_byte_by_byte_holds_nothing_but_its_own_connection_and_that_not_for_long(string head)
    {
        using var admin = new AdminUnderTest(Short);
        using var slow = await ConnectAsync(admin);
        await slow.SendAsync(Encoding.ASCII.GetBytes($"POST /healthz HTTP/1.1\r\nHost: x\r\n{head}"));
        string answer = await DripAsync(slow, admin);
        Assert.StartsWith("HTTP/1.1 405 ", answer, StringComparison.Ordinal);
        Assert.Empty(admin.Orders);
    }

    [Fact]
    public async Task One_that_says_nothing_and_one_that_has_asked_and_says_no_more_are_let_go()
    {
        using var admin = new AdminUnderTest(Short);
        using var silent = await ConnectAsync(admin);
        using var asked = await ConnectAsync(admin);
        await asked.SendAsync("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        Assert.StartsWith("HTTP/1.1 200 ", await ToEndAsync(asked), StringComparison.Ordinal);
        Assert.Equal("", await ToEndAsync(silent));
    }

    /// <summary>Each asks for far more than the kernel takes of it, and takes nothing; each is closed, with all its requests.</summary>
    [Fact]
    public async Task Sixteen_that_ask_and_never_read_are_closed_and_probes_are_answered_meanwhile()
    {
        const int asks = 3_000;
        using var admin = new AdminUnderTest(Short);
        byte[] requests = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", asks)));
        Socket[] deaf = new Socket[OpenConnections.Kept];
        for (int i = 0; i < deaf.Length; i++)
        {
            deaf[i] = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
            await deaf[i].ConnectAsync(admin.Address);
            _ = SendAsync(deaf[i], requests);
        }

        try
        {
            long began = Stopwatch.GetTimestamp();
            while (deaf.Any(static socket => !IsClosed(socket)))
            {
                Assert.Equal(200, (await admin.AskAsync("/healthz")).Status);
                Assert.True(Stopwatch.GetElapsedTime(began) < Deadline.Default, "some are not closed");
                await Task.Delay(Pace, TestContext.Current.CancellationToken);
            }
        }
        finally
        {
            Array.ForEach(deaf, static socket => socket.Dispose());
        }
    }

    /// <summary>Bodies that are declared, and bodies whose length shows at their end, around the limit.</summary>
    [Theory]
    [InlineData(false, AdminServer.BodyBytesMax - 1, 403)]
    [InlineData(false, AdminServer.BodyBytesMax, 403)]
    [InlineData(false, AdminServer.BodyBytesMax + 1, 413)]
    [InlineData(true, AdminServer.BodyBytesMax - ChunkBytes, 403)]
    [InlineData(true, AdminServer.BodyBytesMax + 1, 403)]
    public async Task A_body_is_passed_over_up_to_its_limit_and_ends_the_connection_beyond(bool isChunked, int size, int status)
    {
        using var admin = new AdminUnderTest(Short);
        using var socket = await ConnectAsync(admin);
        string body = new('b', size);
        string first = $"POST /reload HTTP/1.1\r\nHost: 127.0.0.1\r\n" + (isChunked ? $"Transfer-Encoding: chunked\r\n\r\n{size:x}\r\n{body}\r\n0\r\n\r\n" : $"Content-Length: {size}\r\n\r\n{body}");
        _ = SendAsync(socket, Encoding.ASCII.GetBytes(first + "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
        string answers = await ToEndAsync(socket);
        Assert.StartsWith($"HTTP/1.1 {status} ", answers, StringComparison.Ordinal);
        Assert.Equal(size <= AdminServer.BodyBytesMax, answers.Contains("HTTP/1.1 200 ", StringComparison.Ordinal));
        Assert.Empty(admin.Orders);
    }

    private static async Task<Socket> ConnectAsync(AdminUnderTest admin)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(admin.Address);
        return socket;
    }

    /// <summary>Sends a byte now and then, and asks for health, until the other side has had enough.</summary>
    /// <returns>All that it said.</returns>
    private static async Task<string> DripAsync(Socket socket, AdminUnderTest admin)
    {
        Task<string> end = ToEndAsync(socket);
        long began = Stopwatch.GetTimestamp();
        while (await Task.WhenAny(end, Task.Delay(Pace)) != end)
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < Deadline.Default, "it is still waited for");
            Assert.Equal(200, (await admin.AskAsync("/healthz")).Status);
            await SendAsync(socket, "x"u8.ToArray());
        }

        return await end;
    }

    private static async Task SendAsync(Socket socket, byte[] bytes)
    {
        try
        {
            await socket.SendAsync(bytes);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It was closed: the answer says the rest.
        }
    }

    private static async Task<string> ToEndAsync(Socket socket)
    {
        var all = new StringBuilder();
        byte[] buffer = new byte[4096];
        using var deadline = new CancellationTokenSource(Deadline.Default);
        try
        {
            int count;
            while ((count = await socket.ReceiveAsync(buffer, SocketFlags.None, deadline.Token)) > 0)
                all.Append(Encoding.ASCII.GetString(buffer, 0, count));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // An end as good as any.
        }

        return all.ToString();
    }

    /// <summary>By the kernel, without taking anything: TCP_INFO's first byte is the state.</summary>
    private static bool IsClosed(Socket socket)
    {
        const int ipProtoTcp = 6, tcpInfo = 11, established = 1;
        Span<byte> info = stackalloc byte[8];
        socket.GetRawSocketOption(ipProtoTcp, tcpInfo, info);
        return info[0] != established;
    }
}
