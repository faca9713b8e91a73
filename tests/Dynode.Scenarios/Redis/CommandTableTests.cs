using Dynode.Protocols;
using Dynode.Protocols.Redis;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios.Redis;

/// <summary>
/// The broadcaster's few facts about commands, held to what the running server says of its own: whatever is flagged as waiting,
/// capturing, of one connection or not deterministic is decided, in the table or here with the reason.
/// </summary>
[Trait("Server", "redis")]
public sealed class CommandTableTests(ITestOutputHelper output)
{
    /// <summary>Flagged as no matter for scripts, and forwarded: by command, whatever its subcommand.</summary>
    private static readonly Dictionary<string, string> NotForScripts = new()
    {
        ["ACL"] = "users are a server's, whoever asks",
        ["BACKUP"] = "it is about files",
        ["BGREWRITEAOF"] = "it is about files",
        ["BGSAVE"] = "it is about files",
        ["SAVE"] = "it is about files",
        ["COMMAND"] = "it is about the server, whoever asks",
        ["CONFIG"] = "settings are a server's, whoever asks",
        ["EVAL"] = "scripts do not run scripts; from a client they are requests like any other",
        ["EVAL_RO"] = "as EVAL",
        ["EVALSHA"] = "as EVAL",
        ["EVALSHA_RO"] = "as EVAL",
        ["FCALL"] = "as EVAL",
        ["FCALL_RO"] = "as EVAL",
        ["FUNCTION"] = "libraries are a server's, whoever asks",
        ["HOTKEYS"] = "it counts for all clients",
        ["LATENCY"] = "it is about the server, whoever asks",
        ["MODULE"] = "modules are a server's, whoever asks",
        ["ROLE"] = "it is about the server, whoever asks",
        ["SCRIPT"] = "scripts are a server's, whoever asks; DEBUG is refused",
    };

    /// <summary>Flagged as not deterministic, and compared.</summary>
    private static readonly Dictionary<string, string> Compared = new()
    {
        ["SPOP"] = "where replies differ data differ from then on, which is to be seen",
        ["XADD"] = "with an id of the server's making data differ from then on, which is to be seen",
        ["XAUTOCLAIM"] = "where replies differ owners differ from then on, which is to be seen",
        ["XCLAIM"] = "where replies differ owners differ from then on, which is to be seen",
        ["XTRIM"] = "where replies differ data differ from then on, which is to be seen",
    };

    /// <summary>Where another argument than the first key is shown.</summary>
    private static readonly Dictionary<string, string> ShownAsKey = new()
    {
        ["PUBLISH"] = "the channel is shown, as that of SPUBLISH, which is a key to servers",
    };

    [Fact]
    public Task Every_command_of_the_server_was_looked_at() =>
        NoneAsync(command => !command.Name.EndsWith("|HELP", StringComparison.Ordinal) && !RedisNames.All.Contains(command.Name));

    [Fact]
    public Task What_may_keep_a_connection_waiting_is_refused_where_it_would() =>
        NoneAsync("blocking", command => Fact(command).Rule is not (RedisRule.Refuse or RedisRule.ForwardUnlessBlocking));

    [Fact]
    public Task What_subscribes_is_refused_and_who_listens_is_one_servers_own() =>
        NoneAsync("pubsub", command => Forwards(command) && Fact(command).Class != ReplyClass.Own);

    [Fact]
    public Task What_is_about_the_connection_stays_here() =>
        NoneAsync("@connection", command => Forwards(command) && !NotForScripts.ContainsKey(Container(command)));

    [Fact]
    public Task What_scripts_may_not_do_is_decided() =>
        NoneAsync("noscript", command => Forwards(command) && !NotForScripts.ContainsKey(Container(command)));

    [Fact]
    public Task Replies_that_are_not_deterministic_are_one_servers_own() =>
        NoneAsync("nondeterministic_output", command => Forwards(command) && Fact(command).Class != ReplyClass.Own && !Compared.ContainsKey(command.Name));

    [Fact]
    public Task What_is_answered_by_one_server_alone_writes_nowhere() => NoneAsync("write", IsRead);

    [Fact]
    public Task Replies_of_no_order_are_compared_as_such() =>
        NoneAsync("nondeterministic_output_order", command => Forwards(command) && Fact(command).Class == ReplyClass.Compared);

    // Names in the log go by the command, whatever its subcommand. What has no argument there shows none.
    [Fact]
    public Task The_first_key_is_where_the_table_says() => NoneAsync(command =>
    {
        int key = RedisFacts.Find(Bytes(Container(command)), out _).Key;
        bool shows = command.Arity < 0 || key < command.Arity;
        return Forwards(command) && command.Key >= 0 && command.Key != key && shows && !ShownAsKey.ContainsKey(command.Name)
            && !command.Name.EndsWith("|HELP", StringComparison.Ordinal);
    });

    [Fact]
    public async Task The_server_is_the_one_that_was_asked_for()
    {
        using var redis = await RedisServer.StartAsync();
        using var program = ProcessUnderTest.Start(RedisServer.Program, ["--version"]);
        await program.ExitAsync();
        using var client = await RespClient.ConnectAsync(redis.Port);
        string info = (await client.AskAsync("INFO", "server")).Text!;
        string version = info.Split("\r\n").Last(line => line.StartsWith("redis_version:", StringComparison.Ordinal) || line.StartsWith("valkey_version:", StringComparison.Ordinal));
        Assert.Contains($"v={version.Split(':')[1]} ", program.Output, StringComparison.Ordinal);
        output.WriteLine(version);
    }

    private Task NoneAsync(string mark, Func<ServerCommand, bool> isWrong) => NoneAsync(command => command.Marks.Contains(mark) && isWrong(command), mark);

    private async Task NoneAsync(Func<ServerCommand, bool> isWrong, string mark = "")
    {
        using var redis = await RedisServer.StartAsync();
        using var client = await RespClient.ConnectAsync(redis.Port);
        ServerCommand[] all = [.. ServerCommand.Read(await client.AskAsync("COMMAND"))];

        // A server that says nothing, or a mark that is written otherwise there, would show nothing.
        int marked = all.Count(command => mark.Length == 0 || command.Marks.Contains(mark));
        output.WriteLine($"{marked} of {all.Length} commands looked at");
        Assert.InRange(marked, 1, all.Length);
        Assert.InRange(all.Length, 300, 10_000);
        string[] wrong = [.. all.Where(isWrong).Select(command => command.ToString())];
        Assert.Equal([], wrong);
    }

    private static bool IsRead(ServerCommand command) => RedisReads.Are(Bytes(Container(command)));

    private static bool Forwards(ServerCommand command) => Fact(command).Rule is RedisRule.Forward or RedisRule.ForwardUnlessBlocking;

    private static RedisFact Fact(ServerCommand command)
    {
        var container = RedisFacts.Find(Bytes(Container(command)), out _);
        return command.Name.Split('|') is [var name, var subcommand] ? RedisFacts.Find(Bytes(name), Bytes(subcommand)) ?? container : container;
    }

    private static string Container(ServerCommand command) => command.Name.Split('|')[0];

    private static byte[] Bytes(string name) => System.Text.Encoding.ASCII.GetBytes(name);
}
