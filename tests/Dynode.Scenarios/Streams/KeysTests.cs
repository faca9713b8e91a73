using System.Text;
using Dynode.Streams;
using Dynode.TestKit;
using Dynode.UnitTests.Streams.Nats;
using NATS.Client.Core;
using Xunit;

namespace Dynode.Scenarios.Streams;

/// <summary>Keys beside the stream: who knows the newest revision changes one, and nobody else.</summary>
[Trait("Server", "nats")]
public sealed class KeysTests
{
    private static CancellationToken Ends => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_value_is_replaced_by_who_knows_its_revision_alone()
    {
        using RealServer server = await NatsServer.StartAsync();
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        await log.WordAsync(StreamWordKind.Here);
        Assert.Null(await log.Log.GetAsync("owner.a", Ends));
        Assert.Null(await log.Log.TryPutAsync("owner.a", Bytes("x"), 5, Ends));
        ulong first = (await log.Log.TryPutAsync("owner.a", Bytes("one"), 0, Ends))!.Value;
        Assert.Null(await log.Log.TryPutAsync("owner.a", Bytes("x"), 0, Ends));
        ulong second = (await log.Log.TryPutAsync("owner.a", Bytes("two"), first, Ends))!.Value;
        Assert.True(second > first);
        Assert.Null(await log.Log.TryPutAsync("owner.a", Bytes("x"), first, Ends));
        ulong other = (await log.Log.TryPutAsync("owner.b=_-", new byte[64 << 10], 0, Ends))!.Value;
        Assert.True(other > second);
        KeyValue value = (await log.Log.GetAsync("owner.a", Ends))!;
        Assert.Equal(("two", second), (Encoding.ASCII.GetString(value.Value.Span), value.Revision));
        Assert.Equal(64 << 10, (await log.Log.GetAsync("owner.b=_-", Ends))!.Value.Length);
        ulong empty = (await log.Log.TryPutAsync("owner.a", default, second, Ends))!.Value;
        Assert.Equal((0, empty), ((await log.Log.GetAsync("owner.a", Ends)) is { } e ? (e.Value.Length, e.Revision) : default));
    }

    [Fact]
    public async Task Of_many_who_want_it_at_once_one_gets_it()
    {
        const int Rounds = 20;
        using RealServer server = await NatsServer.StartAsync();
        await using var one = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        await using var other = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        await one.WordAsync(StreamWordKind.Here);
        await other.WordAsync(StreamWordKind.Here);
        ulong revision = 0;
        for (int round = 0; round < Rounds; round++)
        {
            NatsLogUnderTest[] all = [one, other, one, other, one, other];
            ulong?[] got = await Task.WhenAll(all.Select((log, i) => log.Log.TryPutAsync("claim", new[] { (byte)i }, revision, Ends).AsTask()));
            ulong won = Assert.Single(got, each => each is not null)!.Value;
            KeyValue value = (await other.Log.GetAsync("claim", Ends))!;
            Assert.Equal((won, Array.FindIndex(got, each => each is not null)), (value.Revision, value.Value.Span[0]));
            revision = won;
        }
    }

    [Fact]
    public async Task A_key_that_was_taken_out_by_hand_is_not_there_and_can_be_made_again()
    {
        using RealServer server = await NatsServer.StartAsync();
        await using NatsAdmin admin = await NatsAdmin.ConnectAsync(server.Port);
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        await log.WordAsync(StreamWordKind.Here);
        ulong first = (await log.Log.TryPutAsync("a", Bytes("one"), 0, Ends))!.Value;
        await admin.AskAsync("$KV.dynode_orders.a", "", new NatsHeaders { ["KV-Operation"] = "DEL" });
        Assert.Null(await log.Log.GetAsync("a", Ends));
        Assert.Null(await log.Log.TryPutAsync("a", Bytes("x"), first, Ends));
        ulong? again = await log.Log.TryPutAsync("a", Bytes("two"), 0, Ends);
        Assert.Equal(again, (await log.Log.GetAsync("a", Ends))!.Revision);
    }

    [Fact]
    public async Task While_the_stream_is_away_it_says_so_and_waits_for_nothing()
    {
        using RealServer server = await NatsServer.StartAsync();
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        await log.WordAsync(StreamWordKind.Here);
        await server.KillAsync();
        await log.WordAsync(StreamWordKind.Away);
        IOException e = await Assert.ThrowsAnyAsync<IOException>(async () => await log.Log.GetAsync("a", Ends));
        Assert.Equal("the stream is away", e.Message);
        await Assert.ThrowsAnyAsync<IOException>(async () => await log.Log.TryPutAsync("a", default, 0, Ends));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".a")]
    [InlineData("a.")]
    [InlineData("a..b")]
    [InlineData("a*")]
    [InlineData("a b")]
    [InlineData(">")]
    [InlineData("ä")]
    public async Task What_is_no_key_is_refused(string key)
    {
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(1));
        await Assert.ThrowsAsync<ArgumentException>(async () => await log.Log.GetAsync(key, Ends));
        await Assert.ThrowsAsync<ArgumentException>(async () => await log.Log.TryPutAsync(key, default, 0, Ends));
    }

    private static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);
}
