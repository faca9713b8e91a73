using Dynode.Broadcast.Framed.Clients;

namespace Dynode.UnitTests.Broadcast.Framed.Clients;

/// <summary>What counts as going on with a request that is here in part.</summary>
public sealed class PartPaceTests
{
    [Theory]
    [InlineData(PartPace.BytesLeast - 1, 10)]
    [InlineData(PartPace.BytesLeast, 20)]
    [InlineData(PartPace.BytesLeast + 1, 20)]
    public void So_many_bytes_do(int count, long since)
    {
        var pace = new PartPace(10);
        pace.Came(count, isNew: false, 20);
        Assert.Equal(since, pace.Since);
    }

    [Fact]
    public void Single_bytes_do_when_there_have_been_so_many_of_them()
    {
        var pace = new PartPace(0);
        for (int i = 1; i < 2 * PartPace.BytesLeast; i++)
        {
            pace.Came(1, isNew: false, i);
            Assert.Equal(i < PartPace.BytesLeast ? 0 : PartPace.BytesLeast, pace.Since);
        }
    }

    [Fact]
    public void The_begin_of_another_request_does_and_what_came_of_the_one_before_is_no_part_of_it()
    {
        var pace = new PartPace(0);
        pace.Came(PartPace.BytesLeast - 1, isNew: false, 1);
        pace.Came(1, isNew: true, 2);
        Assert.Equal(2, pace.Since);
        pace.Came(PartPace.BytesLeast - 1, isNew: false, 3);
        Assert.Equal(2, pace.Since);
    }
}
