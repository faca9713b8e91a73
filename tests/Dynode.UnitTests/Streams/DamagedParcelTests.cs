using System.Buffers.Binary;
using System.IO.Hashing;
using Dynode.Log;
using Dynode.Streams;
using Dynode.TestKit;

namespace Dynode.UnitTests.Streams;

/// <summary>What was not published so is never read, and what another version wrote is known for that.</summary>
public sealed class DamagedParcelTests : IDisposable
{
    private readonly PagePool _pool = new(8 << 20);
    private readonly ParcelReader _reader = new(ParcelMaking.Stream, ParcelMaking.Protocol);

    public void Dispose() => Assert.Equal(0, _pool.Snapshot().OutstandingBytes);

    [Fact]
    public void Cut_at_any_byte_it_is_damaged()
    {
        foreach (byte[] whole in Samples())
        {
            for (int length = 0; length < whole.Length; length += Step(whole, length))
                Assert.Equal(ParcelStatus.Damaged, Read(whole.AsSpan(0, length)));
            Assert.Equal(ParcelStatus.Damaged, Read([.. whole, 0]));
            Assert.Equal(ParcelStatus.Whole, Read(whole));
        }
    }

    [Fact]
    public void With_any_bit_flipped_it_is_damaged()
    {
        foreach (byte[] whole in Samples())
        {
            for (int at = 0; at < whole.Length; at += Step(whole, at))
            {
                for (int bit = 0; bit < 8; bit++)
                {
                    whole[at] ^= (byte)(1 << bit);
                    Assert.Equal(ParcelStatus.Damaged, Read(whole));
                    whole[at] ^= (byte)(1 << bit);
                }
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(ParcelVersions.Newest + 1)]
    [InlineData(255)]
    public void A_version_that_is_not_known_is_told_from_damage(byte version)
    {
        byte[] whole = Samples()[0];
        whole[ParcelLayout.VersionAt] = version;
        Assert.Equal(ParcelStatus.Damaged, Read(whole));
        Rehash(whole);
        Assert.Equal(ParcelStatus.Unknown, Read(whole, out var head));
        Assert.Equal(version, head.Version);
    }

    [Fact]
    public void So_is_a_flag()
    {
        byte[] whole = Samples()[0];
        whole[ParcelLayout.FlagsAt] |= 2;
        Rehash(whole);
        Assert.Equal(ParcelStatus.Unknown, Read(whole));
    }

    [Fact]
    public void Lengths_that_lie_are_damage_though_the_hash_be_right() => Seed.Run(random =>
    {
        foreach (byte[] whole in Samples().Where(sample => sample.Length < 5_000))
        {
            // Header and first entry, each byte changed at random: never more than what is there, and all of it if whole.
            for (int run = 0; run < 20_000; run++)
            {
                byte[] changed = [.. whole];
                for (int k = random.Next(3); k >= 0; k--)
                    changed[random.Next(ParcelLayout.LaneAt, Math.Min(changed.Length, 80))] = (byte)random.Next(256);
                if (random.Next(4) == 0)
                    changed = changed[..random.Next(ParcelLayout.HashEnd, changed.Length)];
                Rehash(changed);
                var parcel = ParcelMaking.Chain(_pool, changed);
                if (_reader.Read(parcel, out var head) == ParcelStatus.Whole)
                {
                    var requests = ParcelMaking.Requests(head, parcel);
                    Assert.Equal(head.Count, requests.Count);
                    Assert.Equal(changed.Length, ParcelLayout.Newest.HeaderBytes + head.TableBytes + requests.Sum(r => r.Bytes.Length + ParcelLayout.Newest.EntryBytes));
                }

                parcel.Release();
            }
        }
    });

    [Fact]
    public void Two_versions_are_read_side_by_side()
    {
        // One that knew no lanes' table and no databases.
        var older = new ParcelLayout(0, ParcelLayout.TableBytesAt, ParcelLayout.DatabaseAt);
        var both = new ParcelReader(ParcelMaking.Stream, ParcelMaking.Protocol, [ParcelLayout.Newest, older]);
        byte[] request = [1, 2, 3];
        foreach (var layout in new[] { ParcelLayout.Newest, older })
        {
            var parcel = ParcelMaking.Make(_pool, 5, 6, [(request, 7, 8), (request, 9, 10)], layout: layout);
            Assert.Equal(ParcelStatus.Whole, both.Read(parcel, out var head));
            Assert.Equal((layout.Version, 5ul, 6ul, 2, false), (head.Version, head.Lane, head.Number, head.Count, head.HasTable));
            bool isNew = layout == ParcelLayout.Newest;
            var requests = ParcelMaking.Requests(head, parcel);
            Assert.Equal([(7u, isNew ? 8u : 0), (9u, isNew ? 10u : 0)], requests.Select(r => (r.Tag, r.Database)));
            Assert.All(requests, r => Assert.Equal(request, r.Bytes));
            Assert.Equal(isNew ? ParcelStatus.Whole : ParcelStatus.Unknown, _reader.Read(parcel, out _));
            parcel.Release();
        }
    }

    private List<byte[]> Samples()
    {
        List<PageChain> parcels =
        [
            ParcelMaking.Make(_pool, 1, 2, [(new byte[] { 1, 2, 3 }, 4, 5), ([], 6, 7), (new byte[600], 8, 9)]),
            ParcelMaking.Make(_pool, 1, 1, table: new Lanes()),
            ParcelMaking.Make(_pool, 3, 9, isClosing: true),
            ParcelMaking.Make(_pool, 3, 9, [(new Random(1).Bytes(150_000), 1, 1)]),
        ];
        List<byte[]> samples = [.. parcels.Select(parcel => parcel.Bytes())];
        parcels.ForEach(parcel => parcel.Release());
        return samples;
    }

    // All of a short one; of one in several pages the beginning, the ends of the pages, and some between.
    private static int Step(byte[] whole, int at) =>
        whole.Length < 5_000 || at < 100 || at % PageChain.PageBytesMax is < 10 or > PageChain.PageBytesMax - 10 ? 1 : Math.Min(997, PageChain.PageBytesMax - 9 - (at % PageChain.PageBytesMax));

    private ParcelStatus Read(ReadOnlySpan<byte> bytes) => Read(bytes, out _);

    private ParcelStatus Read(ReadOnlySpan<byte> bytes, out ParcelHead head)
    {
        var parcel = ParcelMaking.Chain(_pool, bytes);
        var status = _reader.Read(parcel, out head);
        parcel.Release();
        return status;
    }

    private static void Rehash(byte[] parcel)
    {
        ulong hash = XxHash3.HashToUInt64([.. parcel[..ParcelLayout.HashAt], .. parcel[ParcelLayout.HashEnd..]], ParcelMaking.Stream.Seed);
        BinaryPrimitives.WriteUInt64LittleEndian(parcel.AsSpan(ParcelLayout.HashAt), hash);
    }
}
