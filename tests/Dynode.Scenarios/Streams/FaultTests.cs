using Dynode.Streams;
using Dynode.Streams.Nats;
using Dynode.TestKit;
using Dynode.UnitTests.Streams.Nats;
using Xunit;

namespace Dynode.Scenarios.Streams;

/// <summary>What cannot work is a fault that names what is to be changed, and is looked at again.</summary>
[Trait("Server", "nats")]
public sealed class FaultTests
{
    [Fact]
    public async Task A_server_that_is_too_old_is_refused_by_its_version()
    {
        using RealServer server = NatsServer.Down(NatsServer.OldProgram);
        await server.StartAsync();
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        Assert.Equal(
            $"{server.Address}: nats-server 2.9.10 is too old: install 2.10.27 or later (2.12.7 or later is recommended)",
            (await log.WordAsync(StreamWordKind.Fault)).Text);
    }

    [Fact]
    public async Task A_server_without_JetStream_is_refused_until_it_has_it()
    {
        using var folder = new TemporaryFolder();
        using RealServer server = await NatsServer.ConfiguredAsync("");
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        Assert.Contains("has no JetStream", (await log.WordAsync(StreamWordKind.Fault)).Text, StringComparison.Ordinal);
        await server.KillAsync();
        await File.WriteAllTextAsync(Path.Combine(server.Folder, "nats.conf"), "jetstream {}");
        await server.StartAsync();
        await log.WordAsync(StreamWordKind.Here);
    }

    [Theory]
    [InlineData("max_payload: 69631", "the server's max_payload is 69631 bytes: set it to 69632 or more")]
    [InlineData("no_header_support: true", "remove no_header_support")]
    [InlineData("authorization { user: a, password: b }", "the server refuses the login: Authorization Violation: see log_user")]
    public async Task A_server_that_will_not_do_is_a_fault(string configuration, string says)
    {
        using RealServer server = await NatsServer.ConfiguredAsync($"{configuration}\njetstream {{}}");
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        Assert.Contains(says, (await log.WordAsync(StreamWordKind.Fault)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_takes_just_enough_will_do()
    {
        using RealServer server = await NatsServer.ConfiguredAsync("max_payload: 69632\njetstream {}");
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        Assert.Equal(69632, (await log.WordAsync(StreamWordKind.Here)).State!.ParcelBytesMax);
    }

    [Fact]
    public async Task A_servers_limit_that_was_lowered_is_known_after_its_return()
    {
        using RealServer server = await NatsServer.ConfiguredAsync("max_payload: 1048576\njetstream {}");
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        Assert.Equal(1 << 20, (await log.WordAsync(StreamWordKind.Here)).State!.ParcelBytesMax);
        await server.KillAsync();
        await File.WriteAllTextAsync(Path.Combine(server.Folder, "nats.conf"), "max_payload: 100000\njetstream {}");
        int before = log.Words.Count;
        await server.StartAsync();
        Assert.Equal(100_000, (await log.WordAsync(StreamWordKind.Here, before)).State!.ParcelBytesMax);
        log.Publish(7, new byte[200_000]);
        Assert.Contains("max_payload of 100000", (await log.WordAsync(StreamWordKind.Refused)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_logs_in_by_a_user_a_password_or_a_token_is_let_in_and_no_text_has_the_secret()
    {
        using RealServer byUser = await NatsServer.ConfiguredAsync("authorization { user: one, password: secretly }\njetstream {}");
        using RealServer byToken = await NatsServer.ConfiguredAsync("authorization { token: tokenly }\njetstream {}");
        NatsSettings user = NatsLogUnderTest.Settings(byUser.Port) with { User = "one", Password = "secretly" };
        NatsSettings token = NatsLogUnderTest.Settings(byToken.Port) with { Token = "tokenly" };
        foreach (NatsSettings settings in new[] { user, token })
        {
            await using var log = new NatsLogUnderTest(settings);
            await log.WordAsync(StreamWordKind.Here);
            Assert.DoesNotContain("ly", $"{settings}", StringComparison.Ordinal);
        }

        foreach (NatsSettings settings in new[] { user with { Password = "wrongly" }, token with { Token = "wrongly" } })
        {
            await using var log = new NatsLogUnderTest(settings);
            string text = (await log.WordAsync(StreamWordKind.Fault)).Text;
            Assert.Contains("Authorization Violation", text, StringComparison.Ordinal);
            Assert.DoesNotContain("ly", text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("\"subjects\":[\"dynode.orders.>\",\"more\"]", "subjects=dynode.orders.>,more: it must be dynode.orders.>")]
    [InlineData("\"subjects\":[\"dynode.orders.*\"],\"republish\":null", "subjects=dynode.orders.*: it must be dynode.orders.>")]
    [InlineData("\"retention\":\"workqueue\"", "retention=workqueue: it must be limits")]
    [InlineData("\"retention\":\"interest\"", "retention=interest: it must be limits")]
    [InlineData("\"discard\":\"new\"", "discard=new: it must be old")]
    [InlineData("\"max_msgs_per_subject\":7", "max_msgs_per_subject=7: it must be -1")]
    [InlineData("\"republish\":null", "republish=none: it must be dynode.orders.> to dynode-placed.orders.>")]
    [InlineData("\"republish\":{\"src\":\"dynode.orders.>\",\"dest\":\"elsewhere.>\"}", "republish=dynode.orders.> to elsewhere.>: it must be")]
    [InlineData("\"republish\":{\"src\":\"dynode.orders.>\",\"dest\":\"dynode-placed.orders.>\",\"headers_only\":true}", "headers only: it must be")]
    [InlineData("\"max_msg_size\":69631", "max_msg_size=69631: it must be -1, or 69632 or more")]
    [InlineData("\"no_ack\":true", "no_ack=true: it must be false")]
    [InlineData("\"subjects\":null,\"republish\":null,\"mirror\":{\"name\":\"other\"},\"deny_delete\":false,\"deny_purge\":false", "mirror=other: it must be none")]
    [InlineData("\"metadata\":{\"dynode_created\":\"yesterday\"}", "metadata dynode_created=yesterday: it must be nanoseconds since 1970, or left out")]
    [InlineData("\"metadata\":{\"dynode_created\":\"0\"}", "metadata dynode_created=0: it must be")]
    [InlineData("\"sources\":[{\"name\":\"other\"}]", "sources=other: it must be none")]
    [InlineData("\"subject_transform\":{\"src\":\"dynode.orders.>\",\"dest\":\"x.>\"}", "subject_transform=x.>: it must be none")]
    public async Task A_stream_that_would_break_the_order_is_a_fault_that_names_the_setting(string changes, string says)
    {
        using RealServer server = await NatsServer.StartAsync();
        await using NatsAdmin admin = await NatsAdmin.ConnectAsync(server.Port);
        await admin.MakeAsync("other");
        await admin.MakeAsync("orders", changes);
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        string text = (await log.WordAsync(StreamWordKind.Fault)).Text;
        Assert.StartsWith("stream orders has ", text, StringComparison.Ordinal);
        Assert.Contains(says, text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"storage\":\"memory\"", "storage=memory: what it holds is gone when its servers end")]
    [InlineData("\"max_age\":3600000000000", "max_age=3600s, and log_keep=86400s")]
    [InlineData("\"max_bytes\":-1", "max_bytes=-1, and log_bytes=268435456")]
    [InlineData("\"deny_delete\":false,\"deny_purge\":false", "deny_delete=false: somebody may take entries out, and all stand still there; deny_purge=false: somebody may empty it")]
    [InlineData("\"metadata\":{\"whose\":\"ours\",\"dynode_created\":\"1\"}", "")]
    [InlineData("\"duplicate_window\":60000000000,\"compression\":\"s2\",\"allow_direct\":false,\"max_msg_size\":69632", "")]
    public async Task A_stream_that_is_merely_different_works_and_says_so(string changes, string says)
    {
        using RealServer server = await NatsServer.StartAsync();
        await using NatsAdmin admin = await NatsAdmin.ConnectAsync(server.Port);
        await admin.MakeAsync("orders", changes);
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        TakenWord here = await log.WordAsync(StreamWordKind.Here);
        Assert.Equal(says, here.Text);
        Assert.Equal(changes.Contains("69632", StringComparison.Ordinal) ? 69632 : 1 << 20, here.State!.ParcelBytesMax);
    }

    [Fact]
    public async Task What_is_made_has_nothing_to_be_said_about()
    {
        using RealServer server = await NatsServer.StartAsync();
        NatsSettings settings = NatsLogUnderTest.Settings(server.Port) with { Keep = TimeSpan.FromHours(1), BytesMax = 100 << 20 };
        await using (var log = new NatsLogUnderTest(settings))
            Assert.Equal("", (await log.WordAsync(StreamWordKind.Here)).Text);
        await using (var log = new NatsLogUnderTest(settings))
            Assert.Equal("", (await log.WordAsync(StreamWordKind.Here)).Text);
    }

    [Fact]
    public async Task More_bytes_than_the_server_gives_out_is_a_fault_that_says_what_to_change()
    {
        using RealServer server = await NatsServer.ConfiguredAsync("jetstream {\n max_file_store: 100MB\n}");
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port));
        Assert.Contains("insufficient storage resources available (error 10047): raise max_file_store of nats-server's jetstream, or lower max_bytes of its streams (log_bytes", (await log.WordAsync(StreamWordKind.Fault)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_copies_than_there_are_servers_is_a_fault_of_the_engines_own_words()
    {
        using RealServer server = await NatsServer.StartAsync();
        await using var log = new NatsLogUnderTest(NatsLogUnderTest.Settings(server.Port) with { Replicas = 3 });
        Assert.Contains("replicas > 1 not supported in non-clustered mode", (await log.WordAsync(StreamWordKind.Fault)).Text, StringComparison.Ordinal);
    }
}
