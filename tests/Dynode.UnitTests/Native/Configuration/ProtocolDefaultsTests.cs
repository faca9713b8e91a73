using Dynode.Broadcast.Plane;
using Dynode.Native.Configuration;
using Dynode.Protocols;

namespace Dynode.UnitTests.Native.Configuration;

public sealed class ProtocolDefaultsTests
{
    private const long M = 1L << 20;

    [Theory]
    [InlineData("redis", Protocol.Redis, FramedReply.Primary)]
    [InlineData("memcached", Protocol.Memcached, FramedReply.Primary)]
    [InlineData("LINE", Protocol.Line, FramedReply.None)]
    public void Every_framed_protocol_has_its_own_reply(string text, Protocol protocol, FramedReply reply)
    {
        BroadcastSettings broadcast = Reading.OfSets(Reading.Servers, $"protocol={text}").Good().Broadcast;

        Assert.Equal((protocol, reply), (broadcast.Protocol, broadcast.FramedReply));
    }

    [Theory]
    [InlineData("all", FramedReply.All)]
    [InlineData("primary", FramedReply.Primary)]
    [InlineData("none", FramedReply.None)]
    [InlineData("fastest", FramedReply.Fastest)]
    [InlineData("majority", FramedReply.Majority)]
    [InlineData("every", FramedReply.Every)]
    public void Replies_are_those_of_the_data_plane(string text, FramedReply reply) =>
        Assert.Equal(reply, Reading.OfSets(Reading.Servers, "protocol=redis", $"reply={text}").Good().Broadcast.FramedReply);

    [Fact]
    public void Discarding_responses_is_the_policy_none_of_a_framed_protocol_too() =>
        Assert.Equal(FramedReply.None, Reading.OfSets(Reading.Servers, "protocol=redis", "discard_responses=true").Good().Broadcast.FramedReply);

    [Fact]
    public void What_a_protocol_is_told_comes_from_its_keys()
    {
        BroadcastSettings broadcast = Reading.OfSets(
            Reading.Servers, "protocol=line", "client_password=c", "backend_username=u", "backend_password=b", "memcached_cas=true",
            "line_framing=octet", "line_replies=1", "max_request_bytes=1m", "max_reply_bytes=2m", "max_in_flight=99").Good().Broadcast;

        Assert.Equal(
            new() { ClientPassword = "c", BackendUsername = "u", BackendPassword = "b", AllowsCas = true, LineFraming = LineFraming.Octet, RepliesPerLine = 1, RequestBytesMax = M },
            broadcast.Framing);
        Assert.Equal((2 * M, 99), (broadcast.ReplyBytesMax, broadcast.InFlightMax));
    }

    /// <summary>What was set, and what came of it: in MiB; 0: not set.</summary>
    [Theory]
    [InlineData(0, 0, 0, 64, 16)]
    [InlineData(128, 0, 0, 64, 16)]
    [InlineData(127, 0, 0, 63.5, 15.875)]
    [InlineData(2, 0, 0, 1, 0.25)]
    [InlineData(0, 0, 1, 64, 1)]
    [InlineData(0, 0, 16, 64, 16)]
    [InlineData(0, 0, 17, 68, 17)]
    [InlineData(0, 0, 64, 256, 64)]
    [InlineData(0, 0, 128, 512, 128)]
    [InlineData(4096, 0, 512, 2048, 512)]
    [InlineData(100, 0, 12.5, 50, 12.5)]
    [InlineData(100, 0, 1, 50, 1)]
    [InlineData(0, 512, 0, 512, 16)]
    [InlineData(0, 8, 0, 8, 2)]
    [InlineData(0, 8, 2, 8, 2)]
    [InlineData(100, 50, 12, 50, 12)]
    public void What_was_not_set_gives_way(double memory, double backlog, double request, double backlogThen, double requestThen)
    {
        BroadcastSettings broadcast = Reading.OfSets(Sets(memory, backlog, request)).Good().Broadcast;

        Assert.Equal((long)(backlogThen * M), broadcast.BacklogBytesMax);
        Assert.Equal((long)(requestThen * M), broadcast.Framing.RequestBytesMax);
    }

    [Theory]
    [InlineData(0, 0, 129, "max_request_bytes=129m is more than an eighth of memory_max=1g (default): a request is at most a quarter of backlog_bytes, and that half of memory_max")]
    [InlineData(100, 0, 13, "max_request_bytes=13m is more than an eighth of memory_max=100m (--set): a request is at most a quarter of backlog_bytes, and that half of memory_max")]
    [InlineData(0, 8, 3, "max_request_bytes=3m is more than a quarter of backlog_bytes=8m (--set)")]
    [InlineData(100, 51, 0, "backlog_bytes=51m is more than half of memory_max=100m (--set)")]
    [InlineData(0, 513, 0, "backlog_bytes=513m is more than half of memory_max=1g (default)")]
    public void What_was_set_and_does_not_fit_is_a_fault_that_names_both(double memory, double backlog, double request, string fault) =>
        Assert.Equal([$"--set: {fault}"], Reading.OfSets(Sets(memory, backlog, request)).Faults());

    [Fact]
    public void Raw_looks_at_no_request() =>
        Assert.Equal(256 << 10, Reading.OfSets(Reading.Servers, "memory_max=2m", "max_request_bytes=512m").Good().Broadcast.BacklogBytesMax);

    [Fact]
    public void Replies_for_one_client_are_at_most_the_share_of_all()
    {
        Assert.Equal(16 * M, Reading.OfSets(Reading.Servers, "protocol=redis", "memory_max=64m").Good().Broadcast.ReplyBytesMax);
        Assert.Equal(15 * M, Reading.OfSets(Reading.Servers, "protocol=redis", "memory_max=60m").Good().Broadcast.ReplyBytesMax);
    }

    [Fact]
    public void Filling_again_changes_nothing()
    {
        EffectiveValues values = Reading.OfSets(Reading.Servers, "protocol=redis", "memory_max=20m").Good().Values;
        EffectiveValues again = ProtocolDefaults.Fill(values);

        Assert.All(KeyTable.All, key => Assert.Equal(values[key], again[key]));
    }

    [Theory]
    [InlineData("memory_max=x")]
    [InlineData("backlog_bytes=x")]
    [InlineData("max_request_bytes=x")]
    [InlineData("protocol=x")]
    [InlineData("reply=x")]
    [InlineData("line_replies=x")]
    public void Beside_a_value_that_cannot_be_read_nothing_else_is_a_fault(string set) =>
        Assert.Single(Reading.OfSets(Reading.Servers, "protocol=line", set).Faults());

    private static string[] Sets(double memory, double backlog, double request)
    {
        string[] sets = [Reading.Servers, "protocol=redis"];
        (string Name, double Value)[] sizes = [("memory_max", memory), ("backlog_bytes", backlog), ("max_request_bytes", request)];
        return [.. sets, .. sizes.Where(size => size.Value > 0).Select(size => $"{size.Name}={(long)(size.Value * M)}")];
    }
}
