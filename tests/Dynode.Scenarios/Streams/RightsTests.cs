using Dynode.Streams;
using Dynode.Streams.Nats;
using Dynode.TestKit;
using Dynode.UnitTests.Streams.Nats;
using Xunit;

namespace Dynode.Scenarios.Streams;

/// <summary>A user who may do what is needed and no more; each right that is missing is named.</summary>
[Trait("Server", "nats")]
public sealed class RightsTests
{
    private static readonly string[] Publish =
    [
        "dynode.orders.>", "$JS.API.STREAM.INFO.orders", "$JS.API.CONSUMER.CREATE.orders", "$JS.API.CONSUMER.MSG.NEXT.orders.>", "$JS.API.DIRECT.GET.orders",
        "$JS.API.STREAM.INFO.KV_dynode_orders", "$JS.API.STREAM.MSG.GET.KV_dynode_orders", "$KV.dynode_orders.>",
    ];

    private static readonly string[] Subscribe = ["dynode-placed.orders.>", "_INBOX.>"];

    [Fact]
    public async Task These_rights_are_enough_for_a_stream_that_is_there()
    {
        using RealServer server = await AllowAsync(Publish, Subscribe);
        await MakeAllAsync(server);
        await using var log = new NatsLogUnderTest(User(server));
        await log.WordAsync(StreamWordKind.Here);
        log.Log.Listen();
        log.Publish(7, [1]);
        await log.WordAsync(StreamWordKind.Heard);
        log.Log.Pull(1, 1);
        Assert.Equal("", (await log.WordAsync(StreamWordKind.PullEnded)).Text);
        ulong? revision = await log.Log.TryPutAsync("at.a", new byte[] { 1 }, 0, TestContext.Current.CancellationToken);
        Assert.Equal(revision, (await log.Log.GetAsync("at.a", TestContext.Current.CancellationToken))!.Revision);
        Assert.Empty(log.Of(StreamWordKind.Fault));
    }

    public static TheoryData<string, string> Each() => new(
        Publish.Select(subject => (subject, $"let this user publish to \"{subject.Replace(".>", "", StringComparison.Ordinal)}"))
            .Concat(Subscribe.Select(subject => (subject, $"let this user subscribe to \"{subject.Replace(".>", "", StringComparison.Ordinal)}"))));

    [Theory]
    [MemberData(nameof(Each))]
    public async Task A_right_that_is_missing_is_named(string missing, string says)
    {
        using RealServer server = await AllowAsync([.. Publish.Where(subject => subject != missing)], [.. Subscribe.Where(subject => subject != missing)]);
        await MakeAllAsync(server);
        await using var log = new NatsLogUnderTest(User(server));
        Assert.Contains($"a right is missing: {says}", (await log.WordAsync(StreamWordKind.Fault)).Text, StringComparison.Ordinal);
        Assert.Empty(log.Of(StreamWordKind.Here));
    }

    [Fact]
    public async Task Who_may_not_make_the_stream_is_told_that_it_is_missing()
    {
        using RealServer server = await AllowAsync(Publish, Subscribe);
        await using var log = new NatsLogUnderTest(User(server));
        Assert.Equal(
            "stream orders is not there, and cannot be made: a right is missing: let this user publish to \"$JS.API.STREAM.CREATE.orders\"",
            (await log.WordAsync(StreamWordKind.Fault)).Text);
    }

    [Fact]
    public async Task An_account_without_JetStream_is_a_fault()
    {
        using RealServer server = await NatsServer.ConfiguredAsync("jetstream {}\naccounts { A { users: [{user: u, password: p}] } }");
        await using var log = new NatsLogUnderTest(User(server));
        Assert.Contains("JetStream", (await log.WordAsync(StreamWordKind.Fault)).Text, StringComparison.Ordinal);
    }

    private static NatsSettings User(RealServer server) => NatsLogUnderTest.Settings(server.Port) with { User = "u", Password = "p" };

    private static Task<RealServer> AllowAsync(string[] publish, string[] subscribe) => NatsServer.ConfiguredAsync(
        "jetstream {}\naccounts { A { jetstream: enabled, users: [{user: admin, password: admin}, "
        + $"{{user: u, password: p, permissions: {{ publish: [{List(publish)}], subscribe: [{List(subscribe)}] }} }}] }} }}");

    private static string List(string[] subjects) => string.Join(", ", subjects.Select(subject => $"\"{subject}\""));

    // As it is with an administrator's stream: made by somebody who may.
    private static async Task MakeAllAsync(RealServer server)
    {
        await using var log = new NatsLogUnderTest(User(server) with { User = "admin", Password = "admin" });
        await log.WordAsync(StreamWordKind.Here);
    }
}
