using System.Buffers;
using System.Text;
using Dynode.Broadcast.Plane;
using Dynode.Broadcast.Proxy;
using Dynode.Native.Configuration;
using Dynode.Native.Handover;
using Dynode.Native.Membership;
using Dynode.Native.State;
using Dynode.UnitTests.House;
using Dynode.UnitTests.Protocols.Redis;

namespace Dynode.UnitTests.Fuzzing;

/// <summary>What comes from proxies, files and the list URL: there is a value or a fault that may stand in a log, and never an exception.</summary>
[Trait("Kind", "fuzz")]
public sealed class EdgeFuzzTests(ITestOutputHelper output)
{
    private static readonly string[] JsonWords =
        ["[", "]", "{", "}", ",", ":", "\"", "\\", "\\u0000", "\\ud800", "null", "true", "1e999", "-", "\"127.0.0.1:6379\"", "\"tls://a:1\"", "\"[::1]:65536\"", "tcp://", "unix:/a", "dns:", "\ufeff", " ", "\n", "schema", "servers", "gaps", "list", "orders", "time"];

    private static readonly string[] ProxyWords = ["PROXY ", "TCP4 ", "TCP6 ", "UNKNOWN", "\r\n", "127.0.0.1 ", "::1 ", "65535", "0", "\r\n\r\n\0\r\nQUIT\n", "\x20", "\x21", "\x11", "\0\x0c", "\x03\0\x04"];

    [Fact]
    public void A_header_of_a_proxy() => Fuzzer.Run(output, ProxyInputs(), ProxyWords, static (input, random) =>
    {
        var versions = (ProxyVersions)random.Next(1, 4);
        var header = new ProxyHeader(versions);
        var verdict = header.Read(input, out int taken);
        Assert.InRange(taken, 0, Math.Min(input.Length, ProxyHeader.V2BytesMax));
        Assert.Equal(verdict == ProxyVerdict.Found, taken > 0);
        Assert.Equal(verdict == ProxyVerdict.Malformed, header.Fault.Length > 0);
        RequestRun.IsPlain(header.Fault);
        Assert.True(verdict != ProxyVerdict.NeedMore || header.Wanted > input.Length);

        // Whoever reads as much as is wanted, and no more, comes to the same, and never to a byte behind it.
        var stepped = new ProxyHeader(versions);
        var last = ProxyVerdict.NeedMore;
        int seen = 0;
        while (last == ProxyVerdict.NeedMore && stepped.Wanted <= input.Length)
        {
            Assert.True(stepped.Wanted > seen);
            seen = stepped.Wanted;
            last = stepped.Read(input.AsSpan(0, seen), out int takenNow);
            Assert.True(last != ProxyVerdict.Found || takenNow == seen);
        }

        // Until all that is wanted is there, nothing is said; with it, the same.
        if (last != ProxyVerdict.NeedMore)
            Assert.Equal((verdict, header.Fault, header.Source), (last, stepped.Fault, stepped.Source));
        else
            Assert.NotEqual(ProxyVerdict.Found, verdict);
        return $"{verdict} {header.Fault} {header.IsLocal} {header.Tls is not null} {header.Authority is not null}";
    });

    [Fact]
    public void A_configuration() => Fuzzer.Run(output, Configurations(), [.. KeyTable.All.Select(static key => $"{key.Name}="), "\n", "=", ",", "#", "@", "@/", "-", "0", "1k", "1g", "99999999999999g", "0.25", "true", "on", "tls://", "dns:", "nats://", "[::1]:1", "127.0.0.0/8", "::/0", "/33", "*", "*.a"], static (input, _) =>
    {
        List<Assignment> assignments = [];
        List<ConfigurationFault> faults = [];
        ConfigurationFile.Parse("f", input, assignments, faults);
        var reading = ConfigurationLoader.Read(new() { Sets = [.. assignments.Where(static one => !one.Value.StartsWith('@')).Select(static one => $"{one.Key}={one.Value}")], MemoryBytes = static () => 1L << 30 });
        Assert.Equal(reading.Settings is null, !reading.Faults.IsEmpty);
        faults.AddRange(reading.Faults);
        foreach (ConfigurationFault fault in faults)
            RequestRun.IsPlain($"{fault}");
        return string.Join('|', faults.Select(static fault => $"{fault}"[..Math.Min(40, $"{fault}".Length)]).Take(3));
    }, inputs: 2_000);

    [Fact]
    public void An_answer_of_the_list() => Fuzzer.Run(
        output,
        ["[\"127.0.0.1:6379\",\"tls://a.example:6380\",\"tcp://[::1]:1\"]"u8.ToArray(), " [ \"dns:x:1\" ] \n"u8.ToArray(), "{\"servers\":[]}"u8.ToArray(), "null"u8.ToArray(), "[[[[\"a:1\"]]]]"u8.ToArray(), "[1,true,null,{},\"\"]"u8.ToArray()],
        JsonWords,
        static (input, random) =>
        {
            var verdict = ServerList.Parse(new ReadOnlySequence<byte>(input));
            Assert.Equal(verdict.IsGood, verdict.Fault is null);
            Assert.True(!verdict.IsGood || !verdict.Addresses.IsEmpty);
            RequestRun.IsPlain(verdict.Fault ?? "");

            // As it comes from a network, in segments.
            var cut = ServerList.Parse(Segments.Of(Pieces.Cut(random, input)));
            Assert.Equal(verdict.Fault, cut.Fault);
            Assert.True(!verdict.IsGood || verdict.Addresses.SequenceEqual(cut.Addresses));
            return verdict.Fault is { } fault ? fault[..Math.Min(24, fault.Length)] : $"good {verdict.Addresses.Any(static one => one.ByTls is true)}";
        });

    [Fact]
    public void What_an_earlier_run_has_kept() => Fuzzer.Run(output, [Kept()], JsonWords, static (input, _) =>
    {
        KeptState? state = StateText.Read(input, out string? fault);
        Assert.Equal(state is null, fault is not null);
        RequestRun.IsPlain(fault ?? "");

        // What was taken for a state can be written down, and is it then.
        Assert.True(state is null || StateText.Read(StateText.Write(state, DateTimeOffset.UnixEpoch), out string? _) is not null);
        return fault ?? "good";
    });

    [Fact]
    public void What_a_predecessor_hands_over() => Fuzzer.Run(
        output, [[.. "17\n"u8, .. Kept().AsSpan().TrimEnd((byte)'\n'), .. "\n127.0.0.1:6379\ntls://a:1\n"u8]], [.. JsonWords, "17\n", "\n\n"], static (input, _) =>
        {
            var state = HandedState.Read(input, out string? fault);
            Assert.Equal(state is null, fault is not null);
            RequestRun.IsPlain(fault ?? "");
            return fault ?? "good";
        });

    private static byte[] Kept() => File.ReadAllBytes(Path.Combine(SourceTree.Root, "tests/Dynode.UnitTests/Native/State/servers.schema-1.json"));

    private static IEnumerable<byte[]> ProxyInputs()
    {
        byte[] signature = "\r\n\r\n\0\r\nQUIT\n"u8.ToArray();
        yield return "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n"u8.ToArray();
        yield return "PROXY TCP6 2001:db8::1 ::ffff:10.0.0.1 1 2\r\nGET"u8.ToArray();
        yield return "PROXY UNKNOWN what ever\r\n"u8.ToArray();
        yield return [.. signature, 0x20, 0x00, 0, 0];
        yield return [.. signature, 0x21, 0x11, 0, 12, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 0, 2];
        yield return [.. signature, 0x21, 0x21, 0, 36, .. new byte[36]];
        yield return [.. signature, 0x21, 0x31, 0, 216, .. new byte[216]];
        yield return [.. signature, 0x21, 0x11, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 0, 2, 2, 0, 1, (byte)'a', 4, 0, 1, 0];
        yield return [.. signature, 0x21, 0x11, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 0, 1, 0, 2, 0x20, 0, 5, 7, 0, 0, 0, 0];
    }

    // The annotated file with each key's default, and some that work.
    private static IEnumerable<byte[]> Configurations()
    {
        yield return "servers=127.0.0.1:1\nport=0\n"u8.ToArray();
        yield return "servers=127.0.0.1:1, tls://[::1]:2, dns:a:3\nmode=redis\nreply=primary\nmemory_max=64m\nmax_clients=100\n"u8.ToArray();
        yield return "# comment\n servers = 127.0.0.1:1 \nclients_allow=10.0.0.0/8, ::1\nrequest_rate=5\naccept_rate=0.5\nadmin=127.0.0.1:9\n"u8.ToArray();
        foreach (ConfigurationKey key in KeyTable.All)
            yield return Encoding.UTF8.GetBytes($"servers=127.0.0.1:1\n{key.Name}=v\nlog=nats+tls://a:1/s\n");
        foreach (string line in File.ReadLines(Path.Combine(SourceTree.Root, "configuration")).Where(static line => line.StartsWith("# ", StringComparison.Ordinal) && line.Contains('=', StringComparison.Ordinal) && !line.Contains(' ', StringComparison.Ordinal)))
            yield return Encoding.UTF8.GetBytes($"servers=127.0.0.1:1\n{line[2..]}\n");
    }
}
