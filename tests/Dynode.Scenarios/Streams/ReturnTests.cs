using Dynode.Streams;
using Dynode.TestKit;
using Dynode.UnitTests.Streams.Nats;
using Xunit;

namespace Dynode.Scenarios.Streams;

/// <summary>A stream that goes away, comes back, or is another one.</summary>
[Trait("Server", "nats")]
public sealed class ReturnTests
{
    [Fact]
    public async Task After_a_kill_the_stream_is_here_again_and_its_numbers_go_on()
    {
        using RealServer server = await NatsServer.StartAsync();
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        TakenWord here = await log.WordAsync(StreamWordKind.Here);
        log.Log.Listen();
        log.Publish(7, [1]);
        Assert.Equal(1ul, (await log.WordAsync(StreamWordKind.Heard)).Number);
        await server.KillAsync();
        TakenWord away = await log.WordAsync(StreamWordKind.Away);
        Assert.NotEqual("", away.Text);

        // Lost: nobody keeps it for a later connection.
        log.Publish(7, [2]);
        await Eventually.True(() => log.Of(StreamWordKind.Away).Any(word => word.Text.Contains("refused", StringComparison.OrdinalIgnoreCase)), log.Dump);
        int before = log.Words.Count;
        await server.StartAsync();
        TakenWord again = await log.WordAsync(StreamWordKind.Here, before);
        Assert.Equal(here.State!.Identity, again.State!.Identity);
        Assert.Equal(1ul, again.State.Last);

        // Nothing is heard until it is asked for again.
        log.Publish(7, [3]);
        log.Log.Look();
        await log.WordAsync(StreamWordKind.Stands, before);
        log.Log.Listen();
        log.Publish(7, [4]);
        TakenWord heard = await log.WordAsync(StreamWordKind.Heard, before);
        Assert.Equal((3ul, (byte)4), (heard.Number, heard.Bytes[0]));
    }

    [Fact]
    public async Task Publishing_through_ten_kills_never_places_anything_twice()
    {
        using RealServer server = await NatsServer.StartAsync();
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        await log.WordAsync(StreamWordKind.Here);
        int sent = 0;
        for (int i = 0; i < 10; i++)
        {
            int before = log.Words.Count;
            for (int k = 0; k < 200; k++)
                log.Publish(7, BitConverter.GetBytes(sent++));
            await server.KillAsync();
            for (int k = 0; k < 10; k++)
                log.Publish(7, BitConverter.GetBytes(sent++));
            await server.StartAsync();
            await log.WordAsync(StreamWordKind.Here, before);
        }

        ulong last = log.Of(StreamWordKind.Here)[^1].State!.Last;
        int from = log.Words.Count;
        log.Log.Pull(1, 1 << 20);
        Assert.Equal(last + 1, (await log.WordAsync(StreamWordKind.PullEnded, from)).Number);
        int[] placed = [.. log.Of(StreamWordKind.Pulled).Select(word => BitConverter.ToInt32(word.Bytes))];
        Assert.Equal(placed.Distinct(), placed);
        Assert.Equal(placed.Order(), placed);
    }

    [Fact]
    public async Task A_stream_that_was_made_anew_is_another_one()
    {
        using RealServer server = await NatsServer.StartAsync();
        await using NatsAdmin admin = await NatsAdmin.ConnectAsync(server.Port);
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        StreamIdentity old = (await log.WordAsync(StreamWordKind.Here)).State!.Identity;
        log.Publish(7, [1]);
        Assert.Contains("true", await admin.AskAsync("$JS.API.STREAM.DELETE.orders"), StringComparison.Ordinal);
        int before = log.Words.Count;
        log.Log.Look();

        // It is not there, and is made where it is not.
        Assert.Contains("not there any more", (await log.WordAsync(StreamWordKind.Away, before)).Text, StringComparison.Ordinal);
        TakenWord here = await log.WordAsync(StreamWordKind.Here, before);
        Assert.NotEqual(old, here.State!.Identity);
        Assert.Equal(0ul, here.State.Last);
        Assert.Contains("true", await admin.AskAsync("$JS.API.STREAM.DELETE.orders"), StringComparison.Ordinal);
        await admin.MakeAsync("orders");
        before = log.Words.Count;
        log.Log.Look();
        Assert.NotEqual(here.State.Identity, (await log.WordAsync(StreamWordKind.Stands, before)).State!.Identity);
    }

    [Fact]
    public async Task What_no_stream_takes_is_refused()
    {
        using RealServer server = await NatsServer.StartAsync();
        await using NatsAdmin admin = await NatsAdmin.ConnectAsync(server.Port);
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        await log.WordAsync(StreamWordKind.Here);
        await admin.AskAsync("$JS.API.STREAM.DELETE.orders");
        log.Publish(7, [1]);
        Assert.Equal("no stream takes it", (await log.WordAsync(StreamWordKind.Refused)).Text);
    }

    [Fact]
    public async Task It_ends_within_a_second_whatever_it_is_at()
    {
        using RealServer server = await NatsServer.StartAsync();
        var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        await log.WordAsync(StreamWordKind.Here);
        log.Log.Listen();
        for (int i = 0; i < 200; i++)
            log.Publish(7, new byte[100_000]);
        log.Log.Pull(1, int.MaxValue);
        server.Process.Send(UnixSignal.Stop);
        long began = TimeProvider.System.GetTimestamp();
        await log.Log.DisposeAsync();
        TimeSpan took = TimeProvider.System.GetElapsedTime(began);
        server.Process.Send(UnixSignal.Continue);
        await log.DisposeAsync();

        // A second, and what a busy machine adds.
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }
}
