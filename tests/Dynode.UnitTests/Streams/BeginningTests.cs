using Dynode.Streams;
using Dynode.TestKit;

namespace Dynode.UnitTests.Streams;

/// <summary>Who has no place finds one in the stream, and takes from there what all others take.</summary>
public sealed class BeginningTests : IDisposable
{
    private readonly ReaderBench _bench = new();

    public void Dispose() => _bench.Dispose();

    [Theory]
    [InlineData(10)]
    [InlineData(2_000)]
    [InlineData(12_000)]
    public void It_begins_behind_what_the_newest_table_names(int behind)
    {
        _bench.Append(5, 30);
        var named = _bench.LanesNow();
        _bench.Append(5, 3);

        // As of 30, carried by 34: what lies between is read.
        _bench.Append(ParcelMaking.Make(_bench.Pool, 6, 1, table: named));
        _bench.Append(5, behind);
        _bench.Started();
        _bench.Turn(2);
        Assert.Equal(31ul, _bench.Places[0]);
        Assert.Equal(3 + 1 + behind, _bench.Taken.Count);
        Assert.Contains((6ul, 1ul), _bench.Taken);
        Assert.Equal(ParcelTests.TableOf(_bench.LanesNow()), ParcelTests.TableOf(_bench.Reader.Lanes));
    }

    [Theory]
    [InlineData(30, 31)]
    [InlineData(31, 41)]
    [InlineData(41, 0)]
    public void A_table_is_of_use_while_what_it_names_is_kept(int first, int begins)
    {
        _bench.Append(5, 30);
        var named = _bench.LanesNow();
        _bench.Append(5, 10);
        var later = _bench.LanesNow();
        _bench.Append(ParcelMaking.Make(_bench.Pool, 6, 1, table: named));
        _bench.Append(ParcelMaking.Make(_bench.Pool, 7, 1, table: first == 30 ? null : later));
        _bench.Append(5, 10);
        _bench.Stream.Keep((ulong)first);
        _bench.Started();
        _bench.Turn(1);
        Assert.Equal(begins == 0 ? StreamStandingKind.NoTable : StreamStandingKind.Reading, _bench.Kind);
        Assert.Equal((ulong)begins, _bench.Places.FirstOrDefault());
    }

    [Fact]
    public void The_oldest_leaves_out_as_little_as_can_be()
    {
        for (int i = 0; i < 10; i++)
        {
            _bench.Append(5, 200);
            _bench.Append(5, hasTable: true);
        }

        _bench.Stream.Keep(500);
        _bench.Log.Start(() => { });
        _bench.Reader.BeginOldest();
        _bench.Turn(1);

        // The table of 603 is as of 602.
        Assert.Equal(603ul, _bench.Places[0]);
        Assert.Equal(2_010ul, _bench.Places[^1]);
    }

    [Fact]
    public void A_table_of_what_the_stream_has_lost_is_not_believed()
    {
        _bench.Append(5, 50);
        _bench.Append(6, 50);
        var lost = _bench.LanesNow();
        _bench.Stream.GoBack(70);
        _bench.Append(5, 80);

        // Held up by the network, with a number that the stream has again by now.
        _bench.Append(ParcelMaking.Make(_bench.Pool, 7, 1, table: lost));
        _bench.Append(5, 10);
        _bench.Started();
        _bench.Turn(1);

        // The table with which lane 6 opened, as of 50.
        Assert.Equal(StreamStandingKind.Reading, _bench.Kind);
        Assert.Equal(51ul, _bench.Places[0]);
        _bench.Reader.BeginOldest();
        _bench.Places.Clear();
        _bench.Turn(1);
        Assert.Equal(1ul, _bench.Places[0]);
    }

    [Fact]
    public void Where_nothing_is_kept_it_begins_at_the_end()
    {
        _bench.Append(5, 30);
        _bench.Stream.Keep(31);
        _bench.Started();
        Assert.Equal((StreamStandingKind.Reading, 30ul), (_bench.Kind, _bench.Reader.Lanes.Number));
        Assert.True(_bench.Reader.IsCurrent);
    }

    [Fact]
    public void In_a_young_stream_without_a_table_it_begins_with_the_first()
    {
        for (int i = 0; i < 10; i++)
            _bench.Append(ParcelMaking.Make(_bench.Pool, 5, (ulong)i + 2));
        _bench.Started();
        Assert.Equal((StreamStandingKind.Reading, 10L), (_bench.Kind, _bench.Reader.Counters.Holes));

        // And goes on from there, not from the first again, also where something must be pulled.
        _bench.Log.Say(new StreamWord(StreamWordKind.Missed, 11));
        _bench.Turn();
        _bench.Append(6, 3);
        _bench.Turn(2);
        Assert.Equal((10L, 13ul), (_bench.Reader.Counters.Holes, _bench.Reader.Lanes.Number));
    }

    [Fact]
    public void Who_begins_at_a_place_makes_sure_of_it()
    {
        _bench.Append(5, 30);
        var place = _bench.LanesNow();
        _bench.Append(5, 10);
        _bench.Log.Start(() => { });
        _bench.Reader.BeginAt(place, ParcelMaking.Stream);
        _bench.Turn();
        Assert.Equal(OrderReaderTests.Numbers(5, 40, first: 31), _bench.Taken);

        // From elsewhere, while it reads.
        _bench.Reader.BeginAt(new Lanes(), ParcelMaking.Stream);
        _bench.Turn();
        Assert.Equal(OrderReaderTests.Numbers(5, 40), _bench.Taken.Skip(10));

        _bench.Reader.BeginAt(place, new StreamIdentity("orders", 3));
        _bench.Turn();
        Assert.Equal(StreamStandingKind.OtherStream, _bench.Kind);

        byte[] table = ParcelTests.TableOf(place);
        table[8] ^= 1;
        Assert.True(place.TryRead(table));
        _bench.Reader.BeginAt(place, ParcelMaking.Stream);
        _bench.Turn();
        Assert.Equal((StreamStandingKind.Forked, 30ul), (_bench.Kind, _bench.Reader.Standing.Theirs));
    }

    [Fact]
    public void Begun_anywhere_all_take_the_same() => Seed.Run(random =>
    {
        for (int run = 0; run < 5; run++)
        {
            using var bench = new ReaderBench();
            for (int i = 0; i < 400; i++)
            {
                bench.Append((ulong)random.Next(5), random.Next(1, 4), hasTable: random.Next(20) == 0);
                if (random.Next(5) == 0)
                    bench.Append(ParcelMaking.Make(bench.Pool, (ulong)random.Next(5), (ulong)random.Next(50)));
                if (random.Next(5) == 0)
                    bench.Stream.Append(bench.Stream.Entries[random.Next(bench.Stream.Entries.Count)].Bytes);
            }

            bench.Started();
            bench.Reader.BeginAt(new Lanes(), ParcelMaking.Stream);
            bench.Turn(1);
            var all = bench.Places.Zip(bench.Taken).ToList();
            for (int i = 0; i < 20; i++)
            {
                bench.Places.Clear();
                bench.Taken.Clear();
                bench.Stream.Keep((ulong)random.Next((int)bench.Stream.State.First, (int)bench.Stream.State.First + 30));
                if (random.Next(2) == 0)
                    bench.Reader.BeginNewest();
                else
                    bench.Reader.BeginOldest();
                bench.Turn(1);
                Assert.Equal(StreamStandingKind.Reading, bench.Kind);
                Assert.NotEmpty(bench.Taken);
                Assert.Equal(all.TakeLast(bench.Taken.Count), bench.Places.Zip(bench.Taken));
            }
        }
    });
}
