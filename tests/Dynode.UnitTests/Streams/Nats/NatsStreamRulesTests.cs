using System.Globalization;
using System.Text;
using Dynode.Streams.Nats;

namespace Dynode.UnitTests.Streams.Nats;

/// <summary>What tells a stream from one of the same name that was made later.</summary>
public sealed class NatsStreamRulesTests
{
    private static readonly NatsNames Names = new("orders");
    private static readonly NatsSettings Settings = NatsLogUnderTest.Settings(4222);
    private static readonly NatsStreamRules Rules = new(Names, Settings);

    [Theory]
    [InlineData("\"metadata\":{\"dynode_created\":\"1764489600123456789\"}", 1_764_489_600_123_456_789)]
    [InlineData("\"metadata\":{\"dynode_created\":\"9223372036854775807\"}", long.MaxValue)]
    [InlineData("\"metadata\":{\"dynode_created\":\"9223372036854775808\"}", 0)]
    [InlineData("\"metadata\":{\"dynode_created\":\"\"}", 0)]
    [InlineData("\"metadata\":{\"other\":\"5\"}", 1_767_225_600_000_000_007)]
    [InlineData("\"metadata\":null", 1_767_225_600_000_000_007)]
    public void What_its_maker_wrote_into_it_goes_before_what_a_server_says(string metadata, long created) =>
        Assert.Equal(created, NatsStreamRules.Created(Info(3, metadata)));

    [Theory]
    [InlineData(1, "\"metadata\":null", false)]
    [InlineData(2, "\"metadata\":null", true)]
    [InlineData(3, "\"metadata\":{\"other\":\"5\"}", true)]
    [InlineData(3, "\"metadata\":{\"dynode_created\":\"5\"}", false)]
    public void One_of_several_servers_that_nothing_was_written_into_is_named_with_what_to_write(int replicas, string metadata, bool isSaid) =>
        Assert.Equal(
            isSaid,
            Rules.Differences(Info(replicas, metadata)).Any(static line => line.EndsWith("all stand still; set it to 1767225600000000007", StringComparison.Ordinal)));

    [Fact]
    public void One_that_we_make_says_when()
    {
        string body = Encoding.UTF8.GetString(NatsBodies.Stream(Names, Settings, 42));
        var info = NatsJson.Read(Encoding.UTF8.GetBytes($"{{\"config\":{body}}}"));
        Assert.Equal(42, NatsStreamRules.Created(info));
        Assert.Empty(Rules.Faults(info));
    }

    private static NatsJson Info(int replicas, string metadata) => NatsJson.Read(Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $"{{\"config\":{{\"num_replicas\":{replicas},{metadata}}},\"created\":\"2026-01-01T00:00:00.000000007Z\"}}")));
}
