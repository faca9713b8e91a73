using Dynode.Native.Hosting;
using Dynode.Streams;
using Dynode.Streams.Nats;
using Dynode.TestKit;
using Dynode.UnitTests.Streams.Nats;
using Xunit;

namespace Dynode.Scenarios.Streams;

/// <summary>What is said of a stream before anybody uses it; nothing is made.</summary>
[Trait("Server", "nats")]
public sealed class DiagnosisTests
{
    [Fact]
    public async Task A_server_without_the_stream_works_and_is_left_without_it()
    {
        using RealServer server = await NatsServer.StartAsync();
        NatsSettings settings = NatsLogUnderTest.Settings(server.Port);
        for (int i = 0; i < 2; i++)
        {
            NatsDiagnosis diagnosis = await OfAsync(settings);
            Assert.True(diagnosis.Works);
            Assert.Equal(2, diagnosis.Lines.Count);
            Assert.Matches($@"^127\.0\.0\.1:{server.Port}: nats-server \d+\.\d+\.\d+, max_payload 1048576 bytes(; 2\.12\.7 or later is recommended)?$", diagnosis.Lines[0]);
            Assert.StartsWith("stream orders is not there: it is made at the start, with 1 replicas, 86400 s, 268435456 bytes; asked in ", diagnosis.Lines[1], StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Check_prints_it_and_fails_where_nobody_is_there()
    {
        using RealServer server = await NatsServer.StartAsync();
        (int status, string output) = Check(server.Port);
        Assert.Equal(0, status);
        Assert.Contains($"# log 127.0.0.1:{server.Port}: nats-server ", output, StringComparison.Ordinal);
        Assert.Contains("# log stream orders is not there: it is made at the start", output, StringComparison.Ordinal);
        await server.KillAsync();
        (status, output) = Check(server.Port);
        Assert.Equal(78, status);
        Assert.Contains("refused", output, StringComparison.OrdinalIgnoreCase);
    }

    private static (int Status, string Output) Check(int port, params string[] also)
    {
        using var output = new StringWriter();
        int status = new CommandLine(output, TextWriter.Null).Run(["--check", "--set", "protocol=redis", "--set", "servers=127.0.0.1:1", "--set", $"log=nats://127.0.0.1:{port}/orders", .. also]);
        return (status, output.ToString());
    }

    /// <summary>By the server, whether or not the stream is there: as at the start, where it is a fault that lasts.</summary>
    [Fact]
    public async Task A_longer_request_than_the_engine_takes_is_a_fault_where_it_was_asked_for_by_name()
    {
        const int Payload = 1 << 20, Spare = 64 << 10;
        using RealServer server = await NatsServer.StartAsync();
        NatsSettings settings = NatsLogUnderTest.Settings(server.Port);
        string says = $"max_request_bytes={Payload - Spare + 1} is set, and entries of at most {Payload} bytes are taken (max_payload={Payload} of nats-server, max_msg_size of the stream), of which {Spare} are to stay free: "
            + $"set max_payload to {Payload + 1} or more, or max_request_bytes to {Payload - Spare} or less, or leave it out";
        NatsSettings tooLong = settings with { RequestBytesWanted = Payload - Spare + 1 };
        Assert.Equal((false, says), (await OfAsync(tooLong) is { Works: var works, Lines: var lines } ? (works, lines[1]) : default));
        (int status, string output) = Check(server.Port, "--set", $"max_request_bytes={Payload - Spare + 1}");
        Assert.Equal(78, status);
        Assert.Contains($"# log {says}\n", output, StringComparison.Ordinal);
        Assert.Equal(0, Check(server.Port, "--set", $"max_request_bytes={Payload - Spare}").Status);
        await using (var log = new NatsLogUnderTest(tooLong))
            Assert.Equal(says, (await log.WordAsync(StreamWordKind.Fault)).Text);
        await using (var log = new NatsLogUnderTest(settings with { RequestBytesWanted = Payload - Spare }))
            await log.WordAsync(StreamWordKind.Here);
        Assert.False((await OfAsync(tooLong)).Works);
    }

    [Fact]
    public async Task A_stream_that_is_there_is_described_with_what_differs()
    {
        using RealServer server = await NatsServer.StartAsync();
        NatsSettings settings = NatsLogUnderTest.Settings(server.Port);
        await using (var log = new NatsLogUnderTest(settings))
        {
            await log.WordAsync(StreamWordKind.Here);
            log.Log.Listen();
            log.Publish(7, [1]);
            await log.WordAsync(StreamWordKind.Heard);
        }

        using var gone = new PortLease();
        Assert.True(NatsUrl.TryParse($"nats://127.0.0.1:{gone.Port},127.0.0.1:{server.Port}/orders", out NatsUrl? url, out _));
        NatsDiagnosis diagnosis = await OfAsync(settings with { Url = url!, BytesMax = 1 << 30 });
        Assert.True(diagnosis.Works);
        Assert.Contains("refused", diagnosis.Lines[0], StringComparison.OrdinalIgnoreCase);
        Assert.Contains(", max_age 86400 s, max_bytes 268435456, entries of at most 1048576 bytes, numbers 1 to 1, ", diagnosis.Lines[2], StringComparison.Ordinal);
        Assert.Equal("stream orders: max_bytes=268435456, and log_bytes=1073741824", diagnosis.Lines[3]);
    }

    [Fact]
    public async Task What_cannot_work_is_said()
    {
        using RealServer server = await NatsServer.ConfiguredAsync(
            "jetstream {}\nauthorization { users: [{user: admin, password: a}, {user: u, password: p, permissions: { publish: [\"$JS.API.STREAM.INFO.>\"], subscribe: [\"_INBOX.>\", \"dynode-placed.>\"] }}] }");
        await using (NatsAdmin admin = await NatsAdmin.ConnectAsync(server.Port, "admin", "a"))
            await admin.MakeAsync("orders", "\"discard\":\"new\"");
        NatsSettings settings = NatsLogUnderTest.Settings(server.Port) with { User = "u", Password = "p" };
        NatsDiagnosis diagnosis = await OfAsync(settings);
        Assert.False(diagnosis.Works);
        Assert.Contains(diagnosis.Lines, line => line.Contains("discard=new: it must be old", StringComparison.Ordinal));
        Assert.Equal(6, diagnosis.Lines.Count(line => line.StartsWith("a right is missing: let this user publish to ", StringComparison.Ordinal)));
        Assert.False((await OfAsync(settings with { Password = "wrong" })).Works);
        Assert.Equal(["log_password without log_user"], (await OfAsync(settings with { User = "" })).Lines);
    }

    private static Task<NatsDiagnosis> OfAsync(NatsSettings settings) => NatsDiagnosis.OfAsync(settings, TimeProvider.System, null, null, TestContext.Current.CancellationToken);
}
