using System.Security.Authentication;
using Dynode.Broadcast.Plane;
using Dynode.Scenarios.Line;
using Dynode.TestKit;
using Dynode.TestKit.Framed;
using Xunit;
using Reply = Dynode.Broadcast.Plane.FramedReply;

namespace Dynode.Scenarios.Tls;

/// <summary>What clients send by TLS reaches servers as it would without, and so do replies back, however it is cut into records and segments.</summary>
public sealed class TransportTests
{
    private static readonly ServerScript Echo = new() { Echo = true };

    public static TheoryData<SslProtocols, int> Ways => new()
    {
        { SslProtocols.Tls12, 0 },
        { SslProtocols.Tls12, 1 },
        { SslProtocols.Tls13, 0 },
        { SslProtocols.Tls13, 1 },
        { SslProtocols.Tls13, 1000 },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task In_raw_every_byte_goes_to_the_servers_and_comes_back(SslProtocols version, int pieceBytes)
    {
        // Around a record's 16 KiB, and a byte at a time.
        int[] sizes = [1, 1, 2, 100, 16_383, 16_384, 16_385, 32_769, 1];
        using var echo = ScriptedServer.Start(Echo);
        using var silent = ScriptedServer.Start();
        using var tls = new TlsUnderTest(new BroadcastSettings { Reply = RawReply.Primary }, [echo.Address, silent.Address]);
        using var client = await tls.ConnectAsync(new() { Versions = version, PieceBytes = pieceBytes });
        Assert.Equal(version, client.Version);
        int at = 0;
        var sent = new List<byte>();
        foreach (int size in sizes)
        {
            byte[] bytes = [.. Enumerable.Range(at, size).Select(static i => (byte)(i * 31))];
            at += size;
            sent.AddRange(bytes);
            await client.SendAsync(bytes);
            Assert.Equal(bytes, await client.ReadAsync(size));
        }

        await silent.ReceivedBytesAsync(at);
        Assert.Equal(sent, silent.Received);
        await client.EndAsync();
        Assert.Equal("", await client.ReadToEndAsync());
        await tls.Broadcaster.NobodyLeftAsync();
        Assert.Equal(0, tls.Broadcaster.Snapshot.CutEnds);
    }

    [Fact]
    public Task Many_clients_at_once_plain_and_by_TLS_get_their_own_replies() => Seed.RunAsync(async random =>
    {
        const int Clients = 12;
        const int Lines = 300;
        using var first = FramedServer.Line();
        using var second = FramedServer.Line();
        using var tls = new TlsUnderTest(LineSettings.Answered(Reply.Primary), [first.Address, second.Address]);
        await tls.Broadcaster.CurrentAsync(2);
        int[] seeds = [.. Enumerable.Range(0, Clients).Select(_ => random.Next())];
        await Task.WhenAll(seeds.Select((seed, number) => number % 3 == 0 ? PlainAsync(number) : EncryptedAsync(number, new Random(seed))));
        await Eventually.True(() => tls.Broadcaster.Snapshot.Backends.All(backend => backend.Standing is { LagRequests: 0 }), tls.Broadcaster.Dump);
        Assert.Equal(Clients * Lines, first.Texts.Count);
        Assert.Equal(first.Texts, second.Texts);

        async Task PlainAsync(int number)
        {
            using var client = await tls.Broadcaster.ConnectAsync();
            for (int i = 0; i < Lines; i++)
            {
                await client.SendAsync($"client {number} line {i}\n");
                Assert.Equal($"ok client {number} line {i}", await client.ReadLineAsync());
            }
        }

        async Task EncryptedAsync(int number, Random own)
        {
            using var client = await tls.ConnectAsync(new() { PieceBytes = own.Next(3) * 7 });
            for (int i = 0; i < Lines;)
            {
                int burst = Math.Min(own.Next(1, 40), Lines - i);
                await client.SendAsync(string.Concat(Enumerable.Range(i, burst).Select(line => $"client {number} line {line}\n")));
                string expected = string.Concat(Enumerable.Range(i, burst).Select(line => $"ok client {number} line {line}\r\n"));
                Assert.Equal(expected, await client.ReadTextAsync(expected.Length));
                i += burst;
            }
        }
    });

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Who_does_not_read_for_a_while_gets_all_of_it_later(SslProtocols version)
    {
        byte[] bytes = new Random(20261130).Bytes(12 << 20);
        using var server = ScriptedServer.Start();
        using var tls = new TlsUnderTest(new BroadcastSettings(), [server.Address]);
        using var client = await tls.ConnectAsync(new() { Versions = version, ReceiveBufferBytes = 32 << 10 });
        Task sending = (await server.ConnectionAsync(0)).SendAsync(bytes);

        // Nothing moves any more: the client's kernel is full, and ours, and what was read for it waits.
        (long relayed, int same) = (0, 0);
        await Eventually.True(
            () =>
            {
                long now = tls.Broadcaster.Snapshot.RelayedBytes;
                same = now > 0 && now == relayed ? same + 1 : 0;
                relayed = now;
                return same == 20;
            },
            tls.Broadcaster.Dump);
        Assert.False(sending.IsCompleted);
        Assert.Equal(bytes, await client.ReadAsync(bytes.Length));
        await sending;
        await client.EndAsync();
        await tls.Broadcaster.NobodyLeftAsync();
    }

    [Fact]
    public async Task In_raw_an_end_without_close_notify_is_no_end_of_what_was_said()
    {
        using var server = ScriptedServer.Start();
        using var tls = new TlsUnderTest(new BroadcastSettings(), [server.Address]);
        using (var whole = await tls.ConnectAsync())
        {
            await whole.SendAsync("whole");
            await server.ReceivedTextAsync("whole");
            await whole.EndAsync();
            await Eventually.Equal(ConnectionEnd.PeerFin, () => server.Connections[0].End, server.Dump);
        }

        using (var cut = await tls.ConnectAsync())
        {
            await cut.SendAsync("cut");
            await server.ReceivedTextAsync("wholecut");
            cut.Cut();
            await Eventually.Equal(ConnectionEnd.PeerReset, () => server.Connections[1].End, server.Dump);
        }

        await tls.Broadcaster.NobodyLeftAsync();
        Assert.Equal(1, tls.Broadcaster.Snapshot.CutEnds);
    }

    [Fact]
    public async Task Framed_what_was_sent_whole_before_an_end_without_close_notify_is_answered_and_the_rest_is_not_sent()
    {
        using var server = FramedServer.Line();
        using var tls = new TlsUnderTest(LineSettings.Answered(Reply.Primary), [server.Address]);
        await tls.Broadcaster.CurrentAsync(1);
        using var client = await tls.ConnectAsync();
        await client.SendAsync("one\ntwo\nthr");
        client.Cut();
        Assert.Equal("ok one\r\nok two\r\n", await client.ReadToEndAsync());
        await Eventually.Equal(0, () => tls.Broadcaster.Snapshot.Clients, tls.Broadcaster.Dump);
        Assert.Equal(["one", "two"], server.Texts);
        Assert.Equal((1L, 1L), (tls.Broadcaster.Snapshot.CutEnds, tls.Broadcaster.Snapshot.Parts));
    }

    [Theory]
    [InlineData(Protocol.Line)]
    [InlineData(Protocol.Raw)]
    public async Task An_end_in_the_midst_of_a_record_is_counted_as_one_without_close_notify(Protocol protocol)
    {
        using var server = FramedServer.Line();
        using var tls = new TlsUnderTest(protocol == Protocol.Line ? LineSettings.Answered(Reply.Primary) : new BroadcastSettings(), [server.Address]);
        for (int i = 1; i <= 2; i++)
        {
            using var client = await OpenSslClient.ConnectAsync(tls.Port, SslProtocols.Tls13);
            byte[] begun = client.Record("one\n"), cut = client.Record("two\n");
            await client.SendAsync(begun);
            Assert.Equal("ok one\r\n", await client.ReadTextAsync("ok one\r\n".Length));
            await client.SendAsync(cut.AsMemory(0, i == 1 ? 3 : cut.Length - 1));
            client.ShutdownSend();
            await Eventually.Equal((i, 0), () => ((int)tls.Broadcaster.Snapshot.CutEnds, tls.Broadcaster.Snapshot.Clients), tls.Broadcaster.Dump);
        }

        Assert.Equal(["one", "one"], server.Texts);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task Framed_who_ends_first_and_reads_on_is_told_the_end_by_close_notify(SslProtocols version)
    {
        using var server = FramedServer.Line();
        using var tls = new TlsUnderTest(LineSettings.Answered(Reply.Primary), [server.Address]);
        foreach (bool endsTcp in (bool[])[false, true])
        {
            using var client = await OpenSslClient.ConnectAsync(tls.Port, version);
            await client.SendAsync((byte[])[.. client.Record("one\n"), .. client.CloseNotify()]);
            if (endsTcp)
                client.ShutdownSend();
            Assert.Equal(("ok one\r\n", true), await client.ReadToEndAsync());
        }

        await Eventually.Equal(0, () => tls.Broadcaster.Snapshot.Clients, tls.Broadcaster.Dump);
        Assert.Equal(0, tls.Broadcaster.Snapshot.CutEnds);
    }

    [Fact]
    public async Task A_client_that_is_reset_in_the_midst_of_a_record_leaves_nothing_behind()
    {
        using var server = FramedServer.Line();
        using var tls = new TlsUnderTest(LineSettings.Answered(Reply.Primary), [server.Address]);
        await tls.Broadcaster.CurrentAsync(1);
        for (int i = 0; i < 20; i++)
        {
            using var client = await tls.ConnectAsync(new() { PieceBytes = i % 2 });
            await client.SendAsync($"before {i}\n");
            Assert.Equal($"ok before {i}\r\n", await client.ReadTextAsync($"ok before {i}\r\n".Length));
            await client.SendAsync(new string('x', 50_000));
            client.Reset();
        }

        await Eventually.Equal(0, () => tls.Broadcaster.Snapshot.Clients, tls.Broadcaster.Dump);
        Assert.Equal(20, server.Texts.Count);
    }
}
