using Dynode.Streams.Nats;

namespace Dynode.UnitTests.Streams.Nats;

/// <summary>What helps where the engine stores nothing, by its own words: as nats-server 2.10 says them.</summary>
public sealed class NatsRemedyTests
{
    [Theory]
    [InlineData(10077, "write /x/1.blk: no space left on device", "write /x/1.blk: no space left on device (error 10077): its disk is full: make room where store_dir of nats-server lies")]
    [InlineData(0, "write /x/1.blk: no space left on device", "write /x/1.blk: no space left on device: its disk is full: make room where store_dir of nats-server lies")]
    [InlineData(10077, "write /x/1.blk: disk quota exceeded", "write /x/1.blk: disk quota exceeded (error 10077): its disk is full for its user: raise the quota where store_dir of nats-server lies")]
    [InlineData(10077, "maximum bytes exceeded", "maximum bytes exceeded (error 10077)")]
    [InlineData(10023, "insufficient resources", "insufficient resources (error 10023): raise max_file_store of nats-server's jetstream, or lower max_bytes of its streams (log_bytes, where it is not made yet)")]
    [InlineData(10002, "resource limits exceeded for account", "resource limits exceeded for account (error 10002): raise this account's storage, or lower max_bytes of its streams")]
    [InlineData(10005, "no suitable peers for placement", "no suitable peers for placement (error 10005): its cluster has too few servers with JetStream, or with room, for so many copies: start them, start again whichever its leader does not list (nats server report jetstream), or set log_replicas lower")]
    [InlineData(10109, "no space left on device", "no space left on device (error 10109)")]
    [InlineData(0, "no words of ours", "no words of ours")]
    public void It_stands_behind_what_the_engine_says(long code, string says, string said) => Assert.Equal(said, NatsRemedy.With(code, says));
}
