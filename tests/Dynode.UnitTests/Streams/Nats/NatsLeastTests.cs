using Dynode.Streams.Nats;

namespace Dynode.UnitTests.Streams.Nats;

public sealed class NatsLeastTests
{
    [Theory]
    [InlineData("nats-server: v2.10.26", "version 2.10.26 is too old: 2.10.27 or later is needed")]
    [InlineData("version: nats-server: v2.9.10", "version 2.9.10 is too old: 2.10.27 or later is needed")]
    [InlineData("nats-server: v2.10.27\n", null)]
    [InlineData("nats-server: v2.12.0-RC.3", null)]
    [InlineData("nats-server: dev", null)]
    [InlineData("", null)]
    public void A_server_that_says_an_older_version_is_refused(string said, string? why) => Assert.Equal(why, NatsLeast.Refuses(said));
}
