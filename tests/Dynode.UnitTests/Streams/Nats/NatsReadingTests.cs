using System.Text;
using Dynode.Log;
using Dynode.Streams;
using Dynode.Streams.Nats;

namespace Dynode.UnitTests.Streams.Nats;

/// <summary>The small things that are read of what the engine says.</summary>
public sealed class NatsReadingTests
{
    [Theory]
    [InlineData("1970-01-01T00:00:00Z", 0)]
    [InlineData("1970-01-01T00:00:00.000000001Z", 1)]
    [InlineData("1970-01-01T00:00:01.5Z", 1_500_000_000)]
    [InlineData("2026-11-29T18:57:28.631540878Z", 1_795_978_648_631_540_878)]
    [InlineData("2026-11-29T18:57:29.15839161Z", 1_795_978_649_158_391_610)]
    [InlineData("2026-11-29T20:57:28.631540878+02:00", 1_795_978_648_631_540_878)]
    [InlineData("2026-11-29T13:27:28-05:30", 1_795_978_648_000_000_000)]
    [InlineData("", 0)]
    [InlineData("2026-11-29", 0)]
    [InlineData("2026-11-29T18:57:28", 0)]
    [InlineData("2026-13-29T18:57:28Z", 0)]
    [InlineData("2026-11-29T18:57:28.1234567891Z", 0)]
    [InlineData("2026-11-29T18:57:28+2:00", 0)]
    [InlineData("2026-11-29T18:57:28ZZ", 0)]
    public void Times_are_read_to_the_nanosecond(string text, long nanoseconds) =>
        Assert.Equal(nanoseconds, NatsTime.Nanoseconds(Encoding.ASCII.GetBytes(text)));

    [Theory]
    [InlineData("2.10.27", true, false)]
    [InlineData("2.10.26", true, true)]
    [InlineData("2.9.10", true, true)]
    [InlineData("2.11.0", true, false)]
    [InlineData("3.0.0", true, false)]
    [InlineData("1.99.99", true, true)]
    [InlineData("v2.12.7-RC.1", true, false)]
    [InlineData("2.15.1+build", true, false)]
    [InlineData("2.10", false, false)]
    [InlineData("", false, false)]
    [InlineData("2.x.1", false, false)]
    [InlineData("2.10.-27", false, false)]
    [InlineData("99999999999.1.1", false, false)]
    public void Versions_are_compared(string text, bool isOne, bool isTooOld)
    {
        Assert.Equal(isOne, NatsVersion.TryParse(text, out NatsVersion version));
        if (isOne) Assert.Equal(isTooOld, version.IsBefore(NatsVersion.Least));
    }

    [Theory]
    [InlineData("$JS.ACK.S.C1.1.2.3.1795978649158391610.4", 2, 1795978649158, 4)]
    [InlineData("$JS.ACK.hub.AHASH.S.C1.1.2.3.1795978649158391610.4", 2, 1795978649158, 4)]
    [InlineData("$JS.ACK.hub.AHASH.S.C1.1.2.3.1795978649158391610.4.token", 2, 1795978649158, 4)]
    public void Where_an_entry_stands_is_read(string text, ulong number, long time, ulong pending)
    {
        Assert.True(NatsPlace.TryParse(text, out NatsPlace place));
        Assert.Equal(new NatsPlace(number, time, pending), place);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("_INBOX.a")]
    [InlineData("$JS.ACK.S.C1.1.2.3.4")]
    [InlineData("$JS.ACK.S.C1.1.x.3.4.5")]
    [InlineData("$JS.ACK.S.C1.1.-2.3.4.5")]
    [InlineData("$JS.ACK.S.C1.1.2.3.99999999999999999999.5")]
    public void What_says_no_place_is_none(string? text) => Assert.False(NatsPlace.TryParse(text, out _));

    [Fact]
    public void Headers_are_read_by_name_and_the_last_of_two_counts()
    {
        var header = new NatsHeader("NATS/1.0\r\nNats-Sequence: 5\r\nNats-SequenceX: 6\r\nOther:7\r\nNats-Sequence:  8 \r\n\r\n"u8);
        Assert.Equal(("8", "7", "", 0), (Text(header.Value("Nats-Sequence"u8)), Text(header.Value("Other"u8)), Text(header.Value("None"u8)), header.Status));
        var status = new NatsHeader("NATS/1.0 409 Message Size Exceeds MaxBytes\r\nA: b\r\n\r\n"u8);
        Assert.Equal((409, "409 Message Size Exceeds MaxBytes"), (status.Status, status.StatusText));
        Assert.Equal((503, 0, 0, 0), (new NatsHeader("NATS/1.0 503\r\n\r\n"u8).Status, new NatsHeader(""u8).Status, new NatsHeader("x"u8).Status, new NatsHeader("NATS/1.0 abc\r\n"u8).Status));

        static string Text(ReadOnlySpan<byte> bytes) => Encoding.ASCII.GetString(bytes);
    }

    [Fact]
    public void An_answer_is_laid_flat()
    {
        NatsJson json = NatsJson.Read("""{"a":{"b":[1,"two",{"c":true}],"n":null},"u":18446744073709551615,"s":"\u003e"}"""u8);
        Assert.Equal(("1", "two", true, ulong.MaxValue, ">"), (json.Text("a.b.0"), json.Text("a.b.1"), json.Flag("a.b.2.c"), json.Unsigned("u"), json.Text("s")));
        Assert.Equal((false, true, false, 0L, 0ul), (json.Has("a.n"), json.Has("a.b"), json.Has("x"), json.Number("s"), json.Unsigned("s")));
        Assert.Equal(["1", "two"], json.Items("a.b"));
        foreach (string bad in new[] { "", "{", "{\"a\":}", "[1", "nonsense", $"[{string.Join(',', Enumerable.Repeat("1", 5000))}]", new string('[', 100) })
            Assert.Throws<NatsTrouble>(() => NatsJson.Read(Encoding.ASCII.GetBytes(bad)));
    }

    [Theory]
    [InlineData("Permissions Violation for Publish to \"$JS.API.X\"", "publish to \"$JS.API.X\"")]
    [InlineData("permissions violation for publish to \"a.b\"", "publish to \"a.b\"")]
    [InlineData("Permissions Violation for Subscription to \"a.>\" using queue \"q\"", "subscribe to \"a.>\"")]
    public void A_right_that_is_missing_is_read(string error, string says)
    {
        Assert.True(NatsRefusal.TryRead(error, out NatsRefusal refusal));
        Assert.Equal($"a right is missing: let this user {says}", $"{refusal}");
        Assert.False(NatsRefusal.TryRead("Authorization Violation", out _));
    }

    [Fact]
    public void Words_that_find_no_place_are_missed_once_and_in_order()
    {
        var pool = new PagePool(64 << 20);
        int woken = 0;
        var words = new NatsWords(() => woken++);
        int life = words.Begin();
        words.Add(life, new StreamWord(StreamWordKind.Here));
        for (ulong i = 1; i <= NatsWords.WordsMax + 9; i++)
        {
            var chain = new PageChain();
            if (i is 5 or > NatsWords.WordsMax)
            {
                Assert.True(pool.TryRent(PageSize.Small, MemoryShare.Backlog, out Page? page));
                chain.Add(page);
            }

            words.Add(life, new StreamWord(StreamWordKind.Heard, i, Parcel: chain));
        }

        // One that is needed has its place.
        Assert.True(words.Add(life, new StreamWord(StreamWordKind.Stands)));
        Assert.False(words.Add(life, new StreamWord(StreamWordKind.Pulled, 1, Parcel: new PageChain())));
        var taken = new List<StreamWord>();
        while (words.TryTake(out StreamWord word, out int of))
        {
            Assert.Equal(life, of);
            taken.Add(word);
            word.Parcel?.Release();
        }

        Assert.Equal((StreamWordKind.Missed, (ulong)NatsWords.WordsMax + 9), (taken[^1].Kind, taken[^1].Number));
        Assert.Equal(Enumerable.Range(1, NatsWords.WordsMax - 1).Select(i => (ulong)i), taken.Where(word => word.Kind == StreamWordKind.Heard).Select(word => word.Number));
        Assert.Equal(0, pool.Snapshot().OutstandingPages);
        Assert.True(woken > 0);

        // And when it was taken, all is heard again.
        Assert.True(words.Add(life, new StreamWord(StreamWordKind.Heard, 99)));
        Assert.False(words.Add(life - 1, new StreamWord(StreamWordKind.Heard, 100)));
        words.Begin();
        Assert.False(words.Add(life, new StreamWord(StreamWordKind.Heard, 101)));
        Assert.True(words.TryTake(out StreamWord last, out _));
        Assert.Equal(99ul, last.Number);
        Assert.False(words.TryTake(out _, out _));
    }
}
