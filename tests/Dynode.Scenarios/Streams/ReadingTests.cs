using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Dynode.Streams;
using Dynode.TestKit;
using Dynode.UnitTests.Streams.Nats;
using Xunit;

namespace Dynode.Scenarios.Streams;

/// <summary>What was placed can be read again, from any number that is kept.</summary>
[Trait("Server", "nats")]
public sealed partial class ReadingTests
{
    [Fact]
    public async Task Entries_of_every_length_up_to_the_servers_limit_come_back_as_they_were()
    {
        using RealServer server = await NatsServer.StartAsync();
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        int max = (await log.WordAsync(StreamWordKind.Here)).State!.ParcelBytesMax;
        int[] lengths = [1, 511, 512, 513, 65_527, 65_528, 65_529, 131_056, 131_057, 524_288, max - 1, max];
        log.Log.Listen();
        log.Log.Look();
        await log.WordAsync(StreamWordKind.Stands);
        var random = new Random(1);
        List<byte[]> sent = [];
        foreach (int length in lengths)
        {
            byte[] bytes = new byte[length];
            random.NextBytes(bytes);
            sent.Add(bytes);
            log.Publish(7, bytes);
        }

        await Eventually.Equal(lengths.Length, () => log.Of(StreamWordKind.Heard).Count, log.Dump);
        Assert.Equal(sent, log.Of(StreamWordKind.Heard).Select(word => word.Bytes));
        log.Log.Pull(1, int.MaxValue);
        Assert.Equal("", (await log.WordAsync(StreamWordKind.PullEnded)).Text);
        Assert.Equal(sent, log.Of(StreamWordKind.Pulled).Select(word => word.Bytes));

        // One byte more is refused, in words, and harms nothing.
        log.Publish(7, new byte[max + 1]);
        Assert.Contains("max_payload", (await log.WordAsync(StreamWordKind.Refused)).Text, StringComparison.Ordinal);
        log.Publish(7, [1]);
        await Eventually.Equal(lengths.Length + 1, () => log.Of(StreamWordKind.Heard).Count, log.Dump);
        Assert.Empty(log.Of(StreamWordKind.Away));
    }

    [Fact]
    public async Task A_pull_ends_behind_the_entry_with_which_it_has_read_as_much_as_it_was_to()
    {
        using RealServer server = await NatsServer.StartAsync();
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        await log.WordAsync(StreamWordKind.Here);
        for (int i = 0; i < 20; i++)
            log.Publish(7, new byte[1000]);
        await PlacedAsync(log, 20);
        foreach ((int bytesMax, int count) in new[] { (1, 1), (999, 1), (1000, 1), (1001, 2), (5000, 5), (5001, 6), (100_000, 20) })
        {
            int before = log.Words.Count;
            log.Log.Pull(1, bytesMax);
            TakenWord ended = await log.WordAsync(StreamWordKind.PullEnded, before);
            Assert.Equal((count, (ulong)count + 1, ""), (log.Words.Skip(before).Count(word => word.Kind == StreamWordKind.Pulled), ended.Number, ended.Text));
        }
    }

    [Fact]
    public async Task Nothing_is_left_out_when_one_reads_on_and_on_in_small_pieces()
    {
        const int Count = 1000;
        using RealServer server = await NatsServer.StartAsync();
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        await log.WordAsync(StreamWordKind.Here);
        for (int i = 1; i <= Count; i++)
            log.Publish(7, Encoding.ASCII.GetBytes($"{i}"));
        await Eventually.True(() => Last(log) == Count, log.Dump);
        for (ulong next = 1; next <= Count;)
        {
            int before = log.Words.Count;
            log.Log.Pull(next, 2500);
            next = (await log.WordAsync(StreamWordKind.PullEnded, before)).Number;
        }

        Assert.Equal(Enumerable.Range(1, Count).Select(i => ((ulong)i, $"{i}")), log.Of(StreamWordKind.Pulled).Select(word => (word.Number, Encoding.ASCII.GetString(word.Bytes))));
    }

    [Theory]
    [InlineData("\"num_replicas\":1", 5)]
    [InlineData("\"allow_direct\":false", 2000)]
    public async Task Who_begins_each_time_with_what_he_read_last_needs_few_consumers(string changes, int consumersMax)
    {
        const int Count = 500;
        using RealServer server = await NatsServer.StartAsync();
        await using NatsAdmin admin = await NatsAdmin.ConnectAsync(server.Port);
        await admin.MakeAsync("orders", changes);
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        await log.WordAsync(StreamWordKind.Here);
        for (int i = 1; i <= Count; i++)
            log.Publish(7, Encoding.ASCII.GetBytes($"{i}"));
        await PlacedAsync(log, Count);
        for (ulong next = 1; next <= Count;)
        {
            int before = log.Words.Count;
            log.Log.Pull(Math.Max(1, next - 1), 100);
            TakenWord ended = await log.WordAsync(StreamWordKind.PullEnded, before);
            Assert.Equal("", ended.Text);
            var pulled = log.Words.Skip(before).Where(word => word.Kind == StreamWordKind.Pulled).ToList();
            Assert.Equal(Enumerable.Range((int)Math.Max(1, next - 1), pulled.Count).Select(i => ((ulong)i, $"{i}")), pulled.Select(word => (word.Number, Encoding.ASCII.GetString(word.Bytes))));
            Assert.All(pulled, word => Assert.InRange(word.Time, 1, long.MaxValue));
            next = ended.Number;
        }

        string info = await admin.AskAsync("$JS.API.STREAM.INFO.orders");
        Assert.InRange(int.Parse(ConsumerCount().Match(info).Groups["n"].Value, CultureInfo.InvariantCulture), 0, consumersMax);
    }

    [Fact]
    public async Task What_came_by_while_nobody_listened_is_pulled()
    {
        using RealServer server = await NatsServer.StartAsync();
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        await log.WordAsync(StreamWordKind.Here);
        log.Log.Listen();
        log.Publish(7, "a"u8.ToArray());
        await log.WordAsync(StreamWordKind.Heard);
        log.Log.Deafen();
        log.Publish(7, "b"u8.ToArray());
        log.Publish(7, "c"u8.ToArray());
        await PlacedAsync(log, 3);
        log.Log.Listen();
        log.Publish(7, "d"u8.ToArray());
        await Eventually.Equal("1 4", () => string.Join(' ', log.Of(StreamWordKind.Heard).Select(word => word.Number)), log.Dump);
        log.Log.Pull(2, 1000);
        await log.WordAsync(StreamWordKind.PullEnded);
        Assert.Equal("2b 3c 4d", string.Join(' ', log.Of(StreamWordKind.Pulled).Select(word => $"{word.Number}{(char)word.Bytes[0]}")));
    }

    [Fact]
    public async Task What_is_not_kept_any_more_is_passed_and_the_state_says_so()
    {
        using RealServer server = await NatsServer.StartAsync();
        await using NatsAdmin admin = await NatsAdmin.ConnectAsync(server.Port);
        await admin.MakeAsync("orders", "\"max_msgs\":5");
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        Assert.Equal("max_msgs=5: entries go when there are more", (await log.WordAsync(StreamWordKind.Here)).Text);
        for (int i = 0; i < 20; i++)
            log.Publish(7, [(byte)i]);
        await PlacedAsync(log, 20);
        Assert.Equal(16ul, log.Of(StreamWordKind.Stands)[^1].State!.First);
        log.Log.Pull(3, 1000);
        await log.WordAsync(StreamWordKind.PullEnded);
        Assert.Equal("16 17 18 19 20", string.Join(' ', log.Of(StreamWordKind.Pulled).Select(word => word.Number)));

        // Behind the last there is nothing, and it says so at once.
        int before = log.Words.Count;
        log.Log.Pull(21, 1000);
        Assert.Equal("", (await log.WordAsync(StreamWordKind.PullEnded, before)).Text);
    }

    [Fact]
    public async Task What_finds_no_memory_is_missed_and_said_to_be_and_can_be_pulled_later()
    {
        using RealServer server = await NatsServer.StartAsync();
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port), memoryBytes: 2 << 20);
        await log.WordAsync(StreamWordKind.Here);
        await using var other = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        await other.WordAsync(StreamWordKind.Here);
        log.Log.Listen();
        log.Log.Look();
        await log.WordAsync(StreamWordKind.Stands);
        log.IsAsleep = true;

        // A share of 1 MiB, pages of 64 KiB.
        for (int i = 0; i < 30; i++)
            other.Publish(7, new byte[60_000]);
        await PlacedAsync(other, 30);
        log.IsAsleep = false;
        await Eventually.True(() => log.Of(StreamWordKind.Missed).Any(word => word.Number == 30), log.Dump);
        var heard = log.Words.Where(word => word.Kind is StreamWordKind.Heard or StreamWordKind.Missed).Select(word => word.Number).ToList();
        Assert.Equal(heard.Order(), heard);
        ulong next = log.Of(StreamWordKind.Missed)[0].Number;
        Assert.InRange(next, 10ul, 20ul);
        while (next <= 30)
        {
            int before = log.Words.Count;
            log.Log.Pull(next, 300_000);
            next = (await log.WordAsync(StreamWordKind.PullEnded, before)).Number;
        }

        Assert.Equal(30ul, log.Of(StreamWordKind.Pulled)[^1].Number);
    }

    [GeneratedRegex(@"""consumer_count"":(?<n>\d+)")]
    private static partial Regex ConsumerCount();

    private static ulong Last(NatsLogUnderTest log)
    {
        log.Log.Look();
        return log.Of(StreamWordKind.Stands).Select(word => word.State!.Last).LastOrDefault();
    }

    private static Task PlacedAsync(NatsLogUnderTest log, ulong last) => Eventually.True(() => Last(log) == last, log.Dump);
}
