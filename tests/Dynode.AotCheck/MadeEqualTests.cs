using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Dynode.TestKit;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>How servers are made equal, by the verbs that the README names, with real servers: nothing that was acknowledged is lost or there twice, and all end with the same data.</summary>
[Trait("Server", "nats")]
[Trait("Server", "redis")]
public sealed class MadeEqualTests(ITestOutputHelper output)
{
    private const int Clients = 6;
    private const int RoundsDefault = 3;
    private const string RoundsVariable = "DYNODE_BOOTSTRAPS";
    private const string Watermark = "dynode:watermark";

    private static int Rounds => Environment.GetEnvironmentVariable(RoundsVariable) is { Length: > 0 } given ? int.Parse(given, CultureInfo.InvariantCulture) : RoundsDefault;

    /// <summary>A server that was thrown away, under load: it is given another's data, and both end equal.</summary>
    [Fact]
    public async Task A_wiped_server_is_given_the_others_data_while_clients_write_and_nothing_is_lost_or_doubled()
    {
        using RealServer nats = await NatsServer.StartAsync(), east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        using OrderedDynode dynode = OrderedDynode.Start([east, west], nats);
        await dynode.CurrentAsync(east);
        await dynode.CurrentAsync(west);
        var load = new Load();
        for (int round = 0; round < Rounds; round++)
        {
            load.Begin(dynode, round);
            await load.SomeAsync(200, dynode.Dump);
            await WipeAsync(west);
            await GapAsync(dynode, west, "Added");
            JsonElement before = await dynode.ServerAsync(east);
            int told = load.Told.Count;
            var (status, said) = await dynode.VerbAsync("bootstrap", west.Address, "--from", east.Address, "--replace", "--yes", "--timeout", "120");
            int during = load.Told.Count - told;
            JsonElement after = await dynode.ServerAsync(east);
            await load.EndAsync();
            Assert.True(status == 0, $"{said}\n{dynode.Dump()}");
            Assert.Contains($"{west.Address} is current, without a gap: it has what {east.Address} has", said, StringComparison.Ordinal);

            // The one that gives is not disturbed.
            Assert.Equal(("current", before.GetProperty("connects").GetInt64(), before.GetProperty("lost").GetInt64()), (after.GetProperty("state").GetString(), after.GetProperty("connects").GetInt64(), after.GetProperty("lost").GetInt64()));
            Assert.True(during > 0, "no client wrote meanwhile: this proves nothing");
            await EqualAsync(dynode, load, east, west);
            output.WriteLine($"round {round}: {load.Told.Count} told, {during} of them during the copy; {(await west.AskAsync("DBSIZE"))[1..]} keys");
        }
    }

    /// <summary>R3: what was a single broadcaster's goes on in a stream; and a new server is given it.</summary>
    [Fact]
    public async Task A_broadcaster_that_had_no_stream_is_moved_to_one_with_its_data_and_nothing_is_lost()
    {
        using RealServer nats = await NatsServer.StartAsync(), east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync(), late = await RedisServer.StartAsync();
        using OrderedDynode dynode = OrderedDynode.Start([east, west], nats: null);
        await dynode.CurrentAsync(east);
        await dynode.CurrentAsync(west);
        var load = new Load();
        load.Begin(dynode, 0);
        await load.SomeAsync(300, dynode.Dump);
        await load.EndAsync();
        var (refused, why) = await dynode.VerbAsync("adopt", "all", "--yes");
        Assert.Equal(1, refused);
        Assert.Contains("without log= there is no stream", why, StringComparison.Ordinal);
        dynode.Process.Send(UnixSignal.Terminate);
        Assert.Equal(0, await dynode.Process.ExitAsync());

        dynode.Configure([east, west], nats);
        dynode.Run();
        await dynode.CurrentAsync(east);
        await dynode.CurrentAsync(west);
        var (status, said) = await dynode.VerbAsync("adopt", "all", "--yes");
        Assert.True(status == 0, said);
        Assert.Contains($"server {east.Address} has no gap, at number", said, StringComparison.Ordinal);
        load.Begin(dynode, 1);
        await load.SomeAsync(300, dynode.Dump);

        // The stream has not what was before it: a new server is told so, and is given it.
        Assert.Equal(0, (await dynode.VerbAsync("add", late.Address)).Status);
        await GapAsync(dynode, late, "Added");
        var (copied, text) = await dynode.VerbAsync("bootstrap", late.Address, "--from", west.Address, "--replace", "--yes", "--timeout", "120");
        await load.EndAsync();
        Assert.True(copied == 0, $"{text}\n{dynode.Dump()}");
        await EqualAsync(dynode, load, east, west, late);
    }

    [Fact]
    public async Task Where_the_stream_was_deleted_and_made_anew_servers_are_adopted_and_go_on_from_there()
    {
        using RealServer nats = await NatsServer.StartAsync(), east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        using OrderedDynode dynode = OrderedDynode.Start([east, west], nats);
        await dynode.CurrentAsync(east);
        await dynode.CurrentAsync(west);
        var load = new Load();
        load.Begin(dynode, 0);
        await load.SomeAsync(200, dynode.Dump);
        await load.EndAsync();
        await EqualAsync(dynode, load, east, west);
        await dynode.Process.KillAsync();
        await nats.KillAsync();
        Directory.Delete(Path.Combine(nats.Folder, "store"), recursive: true);
        await nats.StartAsync();
        dynode.Run();
        await dynode.CurrentAsync(east, "Foreign");
        await dynode.CurrentAsync(west, "Foreign");

        var (refused, why) = await dynode.VerbAsync("gaps", "close");
        Assert.Equal(1, refused);
        Assert.Contains($"dynode adopt {east.Address}", why, StringComparison.Ordinal);
        dynode.Process.Send(UnixSignal.User1);
        await dynode.Process.LineAsync($"SIGUSR1: server {west.Address} has more than the stream, or what is not of it (Foreign)");
        (refused, why) = await dynode.VerbAsync("adopt", "all");
        Assert.Equal(64, refused);
        Assert.Contains("say --yes", why, StringComparison.Ordinal);
        Assert.Equal("Foreign", OrderedDynode.GapOf(await dynode.ServerAsync(east)));

        var (status, said) = await dynode.VerbAsync("adopt", east.Address, west.Address, "--yes", "--json");
        await dynode.Process.KillAsync();
        Assert.True(status == 0, said);
        using (JsonDocument json = JsonDocument.Parse(said))
        {
            Assert.All(json.RootElement.GetProperty("servers").EnumerateArray(), static one => Assert.Equal(("closed", "Foreign"), (one.GetProperty("gap").GetString(), one.GetProperty("reason").GetString())));
            Assert.All(json.RootElement.GetProperty("servers").EnumerateArray(), static one => Assert.True(one.GetProperty("number").GetUInt64() > 0));
        }

        dynode.Run();
        await dynode.CurrentAsync(east);
        await dynode.CurrentAsync(west);
        load.Begin(dynode, 1);
        await load.SomeAsync(200, dynode.Dump);
        await load.EndAsync();
        await EqualAsync(dynode, load, east, west);
    }

    [Fact]
    public async Task A_third_region_whose_servers_were_made_equal_by_hand_is_adopted_and_the_others_are_left_alone()
    {
        using RealServer nats = await NatsServer.StartAsync(), east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync(), third = await RedisServer.StartAsync();
        using OrderedDynode one = OrderedDynode.Start([east], nats), two = OrderedDynode.Start([west], nats);
        await one.CurrentAsync(east);
        await two.CurrentAsync(west);
        var load = new Load();
        load.Begin(one, 0);
        await load.SomeAsync(200, one.Dump);
        await load.EndAsync();
        await one.CurrentAsync(east);
        await EqualAsync(two, load, west, east);

        // By hand: without the key that says where the data stand.
        foreach (string key in Load.Keys)
        {
            byte[] dump = await DumpAsync(east, key);
            await RestoreAsync(third, key, dump);
        }

        using OrderedDynode three = OrderedDynode.Start([third, east], nats);
        await three.CurrentAsync(third, "Added");
        var (status, said) = await three.VerbAsync("adopt", "all", "--yes");
        Assert.True(status == 0, said);
        Assert.Contains($"server {third.Address} counts as equal, at number", said, StringComparison.Ordinal);
        Assert.Contains($"server {east.Address} is another broadcaster's", said, StringComparison.Ordinal);
        three.Process.Send(UnixSignal.User1);
        await three.Process.LineAsync($"SIGUSR1: server {east.Address} is another broadcaster's");
        load.Begin(three, 1);
        await load.SomeAsync(200, three.Dump);
        await load.EndAsync();
        await one.CurrentAsync(east);
        await two.CurrentAsync(west);
        await EqualAsync(three, load, third, east, west);
    }

    /// <summary>Its broadcaster delivers to that one server alone: the other region's says itself that it has no gap.</summary>
    [Fact]
    public async Task A_server_of_a_new_region_is_given_the_data_of_another_regions_while_clients_write()
    {
        using RealServer nats = await NatsServer.StartAsync(), east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        using OrderedDynode one = OrderedDynode.Start([east], nats);
        await one.CurrentAsync(east);
        var load = new Load();
        load.Begin(one, 0);
        await load.SomeAsync(200, one.Dump);
        Assert.Equal("+OK", await west.AskAsync("SET rubbish x"));
        using OrderedDynode two = OrderedDynode.Start([west], nats);
        await GapAsync(two, west, "Added");
        var (status, said) = await two.VerbAsync("bootstrap", west.Address, "--from", east.Address, "--replace", "--yes", "--timeout", "120");
        await load.EndAsync();
        Assert.True(status == 0, $"{said}\n{two.Dump()}");
        Assert.Contains("by its own word it has no gap", said, StringComparison.Ordinal);
        await one.CurrentAsync(east);
        await EqualAsync(two, load, west, east);
    }

    [Fact]
    public async Task Ctrl_C_promotes_nothing_and_says_what_was_left_and_what_it_says_to_type_goes_on()
    {
        using RealServer nats = await NatsServer.StartAsync(), east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        using OrderedDynode dynode = OrderedDynode.Start([east, west], nats);
        await dynode.CurrentAsync(east);
        await dynode.CurrentAsync(west);
        var load = new Load();
        load.Begin(dynode, 0);
        await load.SomeAsync(100, dynode.Dump);
        await load.EndAsync();
        using (ProcessUnderTest verb = dynode.Begin("bootstrap", west.Address, "--from", east.Address, "--replace", "--yes", "--as", "127.0.0.1:1"))
        {
            await verb.LineAsync("replicates 127.0.0.1:1");
            await verb.LineAsync("the link is not up yet");
            verb.Send(UnixSignal.Interrupt);
            Assert.Equal(1, await verb.ExitAsync());
            Assert.Contains("dynode: ended while it waited for the link", verb.Output, StringComparison.Ordinal);
            Assert.Contains($"dynode: {west.Address} is a replica of 127.0.0.1:1, was not promoted, and is sent nothing by the broadcaster. Again: dynode bootstrap", verb.Output, StringComparison.Ordinal);
        }

        Assert.Equal("slave", await west.AskAsync("EVAL \"return string.match(redis.call('info','replication'),'role:(%a+)')\" 0"));
        var (status, said) = await dynode.VerbAsync("bootstrap", west.Address, "--from", east.Address, "--replace", "--yes");
        Assert.True(status == 0, $"{said}\n{dynode.Dump()}");
        await EqualAsync(dynode, load, east, west);
    }

    [Fact]
    public async Task Servers_with_a_password_are_let_in_by_the_configurations_and_it_is_left_and_shown_nowhere()
    {
        const string Password = "passw0rd-of-the-test";
        using RealServer nats = await NatsServer.StartAsync(), east = await RedisServer.StartAsync("--requirepass", Password), west = await RedisServer.StartAsync("--requirepass", Password);
        using OrderedDynode dynode = OrderedDynode.Start([east, west], nats, $"backend_password={Password}");
        await dynode.CurrentAsync(east);
        await dynode.CurrentAsync(west);
        using (TestClient client = await dynode.ClientAsync())
            Assert.Equal(":1", await AskAsync(client, "INCR number"));
        await dynode.CurrentAsync(west);
        var (status, said) = await dynode.VerbAsync("bootstrap", west.Address, "--from", east.Address, "--replace", "--yes");
        Assert.True(status == 0, $"{said}\n{dynode.Dump()}");
        Assert.DoesNotContain(Password, said, StringComparison.Ordinal);
        using TestClient looks = await TestClient.ConnectAsync(west.Port);
        Assert.Equal("+OK", await AskAsync(looks, $"AUTH {Password}"));
        await looks.SendAsync("CONFIG GET masterauth\r\nGET number\r\n");
        string[] lines = new string[7];
        for (int i = 0; i < lines.Length; i++)
            lines[i] = await looks.ReadLineAsync() ?? "";
        Assert.Equal(["*2", "$10", "masterauth", "$0", "", "$1", "1"], lines);
    }

    [Fact]
    public async Task A_gap_that_was_closed_is_closed_after_a_kill_right_behind_the_verb()
    {
        using RealServer nats = await NatsServer.StartAsync(), east = await RedisServer.StartAsync(), west = await RedisServer.StartAsync();
        using OrderedDynode dynode = OrderedDynode.Start([east, west], nats);
        await dynode.CurrentAsync(east);
        await dynode.CurrentAsync(west);
        using (TestClient client = await dynode.ClientAsync())
            Assert.Equal(":1", await AskAsync(client, "INCR number"));
        for (int round = 0; round < 5; round++)
        {
            await WipeAsync(west);
            await GapAsync(dynode, west, "Added");
            var (status, said) = await dynode.VerbAsync("gaps", "close", west.Address);
            await dynode.Process.KillAsync();
            Assert.True(status == 0, said);
            Assert.Contains(" - ", await west.AskAsync($"GET {Watermark}"), StringComparison.Ordinal);
            dynode.Run();
            await dynode.CurrentAsync(east);
            await dynode.CurrentAsync(west);
        }
    }

    private static async Task<string> AskAsync(TestClient client, string line)
    {
        await client.SendAsync(line + "\r\n");
        return await client.ReadLineAsync() ?? "";
    }

    private static async Task WipeAsync(RealServer server)
    {
        await server.KillAsync();
        Directory.Delete(Path.Combine(server.Folder, "appendonlydir"), recursive: true);
        await server.StartAsync();
    }

    /// <summary>Done when it is connected again, and has that gap: under load, wherever it stands.</summary>
    private static async Task GapAsync(OrderedDynode dynode, RealServer server, string gap)
    {
        for (var began = System.Diagnostics.Stopwatch.StartNew(); ;)
        {
            JsonElement one = await dynode.ServerAsync(server);
            if (one.ValueKind == JsonValueKind.Object && OrderedDynode.GapOf(one) == gap && one.GetProperty("state").GetString() is "current" or "catching_up")
                return;
            if (began.Elapsed > Deadline.Default)
                throw new ExpectationException($"{server.Address} should have the gap {gap}: {one}\n{dynode.Dump()}");
            await Task.Delay(50);
        }
    }

    /// <summary>All have the same, and in it each element that a client was told of once, and no other.</summary>
    private static async Task EqualAsync(OrderedDynode dynode, Load load, params RealServer[] servers)
    {
        await dynode.CurrentAsync(servers[0]);
        string[] digests = [];
        for (var began = System.Diagnostics.Stopwatch.StartNew(); digests.Distinct().Count() != 1;)
        {
            if (began.Elapsed > Deadline.Default)
                throw new ExpectationException($"{string.Join(", ", digests)}\n{dynode.Dump()}");
            digests = await Task.WhenAll(servers.Select(DigestAsync));
        }

        string[] elements = (await servers[0].AskAsync("EVAL \"local all={} for c=0,99 do for _,e in ipairs(redis.call('lrange','list:'..c,0,-1)) do all[#all+1]=e end end return table.concat(all,' ')\" 0")).Split(' ');
        Assert.Equal(elements.Distinct(), elements);
        Assert.Equal(load.Told.Order(StringComparer.Ordinal), elements.Order(StringComparer.Ordinal));
        Assert.Equal(load.Counted.ToString(CultureInfo.InvariantCulture), await servers[0].AskAsync("GET counter"));
    }

    /// <summary>Of all that it holds but the key that says where it stands, which differs between servers.</summary>
    private static async Task<string> DigestAsync(RealServer server)
    {
        while (true)
        {
            using TestClient client = await TestClient.ConnectAsync(server.Port);
            Assert.Equal("+OK", await AskAsync(client, $"WATCH {Watermark}"));
            Assert.StartsWith("$", await AskAsync(client, $"GET {Watermark}"), StringComparison.Ordinal);
            string mark = await client.ReadLineAsync() ?? "";
            await client.SendAsync($"MULTI\r\nDEL {Watermark}\r\nDEBUG DIGEST\r\nSET {Watermark} \"{mark}\"\r\nEXEC\r\n");
            for (int i = 0; i < 4; i++)
                await client.ReadLineAsync();
            if (await client.ReadLineAsync() != "*3")
                continue;
            await client.ReadLineAsync();
            return await client.ReadLineAsync() ?? "";
        }
    }

    private static async Task<byte[]> DumpAsync(RealServer server, string key)
    {
        using var client = new System.Net.Sockets.TcpClient("127.0.0.1", server.Port);
        await client.GetStream().WriteAsync(System.Text.Encoding.ASCII.GetBytes($"DUMP {key}\r\n"));
        return await BulkAsync(client.GetStream());
    }

    private static async Task RestoreAsync(RealServer server, string key, byte[] dump)
    {
        using var client = new System.Net.Sockets.TcpClient("127.0.0.1", server.Port);
        byte[] head = System.Text.Encoding.ASCII.GetBytes($"*4\r\n$7\r\nRESTORE\r\n${key.Length}\r\n{key}\r\n$1\r\n0\r\n${dump.Length}\r\n");
        await client.GetStream().WriteAsync((byte[])[.. head, .. dump, 13, 10]);
        byte[] answer = new byte[5];
        await client.GetStream().ReadExactlyAsync(answer);
        Assert.Equal("+OK\r\n"u8.ToArray(), answer);
    }

    private static async Task<byte[]> BulkAsync(Stream stream)
    {
        int length = 0;
        for (int b = stream.ReadByte(); b != '\n'; b = stream.ReadByte())
            length = char.IsAsciiDigit((char)b) ? (length * 10) + b - '0' : length;
        byte[] bytes = new byte[length];
        await stream.ReadExactlyAsync(bytes);
        return bytes;
    }

    /// <summary>Clients that count and push, each element with an id of its own; what they were told is kept.</summary>
    private sealed class Load
    {
        private Task[] _clients = [];
        private bool _isOver;
        private int _counted;

        public ConcurrentBag<string> Told { get; } = [];

        public int Counted => _counted;

        public static IEnumerable<string> Keys => [.. Enumerable.Range(0, Clients).Select(static client => $"list:{client}"), "counter"];

        public void Begin(OrderedDynode dynode, int round)
        {
            Volatile.Write(ref _isOver, false);
            _clients = [.. Enumerable.Range(0, Clients).Select(client => RunAsync(dynode, client, round))];
        }

        public async Task SomeAsync(int count, Func<string> dump)
        {
            int before = Told.Count;
            await Eventually.True(() => Told.Count >= before + count || Array.Exists(_clients, static client => client.IsFaulted), dump);
        }

        public async Task EndAsync()
        {
            Volatile.Write(ref _isOver, true);
            await Task.WhenAll(_clients);
        }

        private async Task RunAsync(OrderedDynode dynode, int client, int round)
        {
            using TestClient connection = await dynode.ClientAsync();
            for (int n = 0; !Volatile.Read(ref _isOver); n++)
            {
                string id = string.Create(CultureInfo.InvariantCulture, $"{round}:{client}:{n}");
                await connection.SendAsync($"RPUSH list:{client} {id}\r\nINCR counter\r\n");
                string? pushed = await connection.ReadLineAsync(TimeSpan.FromMinutes(1));
                string? counted = await connection.ReadLineAsync(TimeSpan.FromMinutes(1));
                if (pushed?.StartsWith(':') != true || counted?.StartsWith(':') != true)
                    throw new ExpectationException($"{id}: {pushed}, {counted}\n{dynode.Dump()}");
                Told.Add(id);
                Interlocked.Increment(ref _counted);
            }
        }
    }
}
