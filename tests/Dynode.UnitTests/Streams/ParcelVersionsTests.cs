using System.Collections.Immutable;
using Dynode.Streams;
using Dynode.Streams.Claims;

namespace Dynode.UnitTests.Streams;

/// <summary>Which version of a parcel is published: the newest that all who live read.</summary>
public sealed class ParcelVersionsTests
{
    private static readonly ParcelLayout[] Known = [new(4, 56, 20), new(3, 48, 16), new(2, 48, 12)];

    [Theory]
    [InlineData(5, 4)]
    [InlineData(4, 4)]
    [InlineData(3, 3)]
    [InlineData(2, 2)]
    [InlineData(1, 2)]
    public void A_layout_is_the_newest_that_is_not_too_new_and_where_all_are_the_oldest(byte reads, byte written)
    {
        Assert.Equal(written, ParcelLayout.For(reads, Known).Version);
        Assert.Equal(written, ParcelLayout.For(reads, [.. Known.Reverse()]).Version);
    }

    [Fact]
    public void One_that_reads_less_than_this_build_writes_has_no_version_in_common()
    {
        ImmutableArray<LivingOne> all = [new("a", "here", true, null, ParcelVersions.Newest), new("b", "there", true, null, ParcelVersions.Oldest - 1)];
        Assert.False(ParcelVersions.AreCommon(new Living("a", all).ParcelsTo));
        Assert.True(ParcelVersions.AreCommon(new Living("a", [all[0]]).ParcelsTo));
    }
}
