using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Dynode.Protocols;
using Dynode.Protocols.Redis;
using Dynode.TestKit;

namespace Dynode.UnitTests.Protocols.Redis;

/// <summary>A script that is named by its hash is sent with all of it, where it is known, and nowhere where it is not.</summary>
[SuppressMessage("Security", "CA5350", Justification = "It is what redis names scripts by.")]
public sealed class ScriptsTests
{
    private const string Body = "return redis.call('incr',KEYS[1])";
    private const string NoScript = "-NOSCRIPT No matching script. Please use EVAL.\r\n";

    private static readonly string Hash = Sha1.Of(Encoding.Latin1.GetBytes(Body));

    [Fact]
    public Task Hashes_are_those_of_the_standard_at_every_length() => Seed.RunAsync(static random =>
    {
        for (int length = 0; length < 300; length++)
        {
            byte[] text = new byte[length];
            random.NextBytes(text);
            Assert.Equal(Convert.ToHexStringLower(SHA1.HashData(text)), Sha1.Of(text));
        }

        return Task.CompletedTask;
    });

    [Theory]
    [InlineData("EVAL", "EVALSHA", "EVAL")]
    [InlineData("eval", "evalsha", "EVAL")]
    [InlineData("EVAL", "EVALSHA_RO", "EVAL_RO")]
    [InlineData("EVAL_RO", "EVALSHA", "EVAL")]
    public void What_one_client_has_sent_another_names_by_its_hash(string first, string second, string sent)
    {
        var scripts = new ScriptBodies();
        var one = Of(scripts);
        Assert.Equal(ReaderDriver.Encode(first, Body, "1", "k"), one.Ask(first, Body, "1", "k").Sent);
        var two = Of(scripts);
        Assert.Equal(ReaderDriver.Encode(sent, Body, "1", "k", "x"), two.Ask(second, Hash, "1", "k", "x").Sent);
        Assert.Equal(ReaderDriver.Encode(sent, Body, "1", "k", "x"), two.Ask(second, Hash.ToUpperInvariant(), "1", "k", "x").Sent);
        Assert.Equal(ReaderDriver.Encode(sent, Body, "0"), two.Say($"{second} {Hash} 0").Sent);
    }

    [Fact]
    public void What_was_loaded_is_known_until_it_is_flushed()
    {
        var client = Of(new ScriptBodies());
        string other = new('0', 40);
        Assert.Equal(ReaderDriver.Encode("SCRIPT", "LOAD", Body), client.Ask("SCRIPT", "LOAD", Body).Sent);
        Assert.Equal("*2\r\n:1\r\n:0\r\n", client.Ask("SCRIPT", "EXISTS", Hash, other).Answer);
        Assert.Equal(RequestAction.Forward, client.Ask("SCRIPT", "EXISTS").Verdict.Action);
        Assert.Equal(ReaderDriver.Encode("EVAL", Body, "0"), client.Ask("EVALSHA", Hash, "0").Sent);
        Assert.Equal(NoScript, client.Ask("EVALSHA", other, "0").Answer);
        Assert.Equal(NoScript, client.Ask("EVALSHA", "short", "0").Answer);
        Assert.Equal(RequestAction.Forward, client.Ask("SCRIPT", "FLUSH").Verdict.Action);
        Assert.Equal(NoScript, client.Ask("EVALSHA", Hash, "0").Answer);
        Assert.Equal("*1\r\n:0\r\n", client.Ask("SCRIPT", "EXISTS", Hash).Answer);

        // The server says what is wrong with it.
        Assert.Equal(ReaderDriver.Encode("EVALSHA", Hash), client.Ask("EVALSHA", Hash).Sent);
    }

    [Fact]
    public void Within_a_transaction_it_is_sent_so_too_and_one_that_is_not_known_spoils_it()
    {
        var client = Of(new ScriptBodies());
        client.Ask("EVAL", Body, "0");
        client.Ask("MULTI");
        var collected = client.Ask("EVALSHA", Hash, "1", "k");
        Assert.Equal((RequestAction.Collect, ReaderDriver.Encode("EVAL", Body, "1", "k")), (collected.Verdict.Action, collected.Sent));
        Assert.Equal(RequestAction.Collect, client.Ask("SCRIPT", "EXISTS", Hash).Verdict.Action);
        Assert.Equal(NoScript, client.Ask("EVALSHA", new string('f', 40), "0").Answer);
        Assert.StartsWith("-EXECABORT", client.Ask("EXEC").Answer, StringComparison.Ordinal);
    }

    /// <summary>The rest could not be sent behind another beginning: its client sends the script then, as for one that is not known.</summary>
    [Fact]
    public void A_request_that_is_not_whole_at_hand_is_refused_as_not_known()
    {
        var scripts = new ScriptBodies();
        Of(scripts).Ask("EVAL", Body, "0");
        var client = Of(scripts);
        string large = new('x', 2 * IRequestReader.HeadBytesMax);
        Assert.Equal(NoScript, client.Ask("EVALSHA", Hash, "0", large).Answer);
        Assert.Equal(RequestAction.Forward, client.Ask("EVAL", large, "0").Verdict.Action);
        Assert.Equal(NoScript, client.Ask("EVALSHA", Sha1.Of(Encoding.Latin1.GetBytes(large)), "0").Answer);
    }

    [Fact]
    public void Without_an_ordered_log_all_go_as_they_are()
    {
        var client = new ReaderDriver();
        Assert.Equal(ReaderDriver.Encode("EVAL", Body, "0"), client.Ask("EVAL", Body, "0").Sent);
        Assert.Equal(ReaderDriver.Encode("EVALSHA", Hash, "0"), client.Ask("EVALSHA", Hash, "0").Sent);
        Assert.Equal(ReaderDriver.Encode("SCRIPT", "EXISTS", Hash), client.Ask("SCRIPT", "EXISTS", Hash).Sent);
    }

    [Fact]
    public void The_broadcasters_own_key_is_refused_all_the_same()
    {
        var client = Of(new ScriptBodies());
        client.Settings = client.Settings with { OwnKey = "own"u8.ToArray() };
        client.Ask("EVAL", Body, "1", "k");
        Assert.StartsWith("-ERR this key", client.Ask("EVALSHA", Hash, "1", "own").Answer, StringComparison.Ordinal);
        Assert.Equal(ReaderDriver.Encode("GET", "k"), client.Ask("GET", "k").Sent);
    }

    [Fact]
    public void So_many_are_kept_and_what_was_used_longest_ago_goes()
    {
        var scripts = new ScriptBodies();
        for (int i = 0; i < ScriptBodies.CountMax; i++)
            scripts.Learn(Text(i));
        Assert.Equal(ScriptBodies.CountMax, scripts.Count);
        Assert.True(Knows(scripts, Text(0)));
        scripts.Learn(Text(1));
        scripts.Learn(Text(-1));
        Assert.Equal(ScriptBodies.CountMax, scripts.Count);
        Assert.Equal((true, true, false, true), (Knows(scripts, Text(0)), Knows(scripts, Text(1)), Knows(scripts, Text(2)), Knows(scripts, Text(-1))));
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void So_many_bytes_are_kept(int more, bool isKept)
    {
        var scripts = new ScriptBodies();
        scripts.Learn(Text(1));
        byte[] large = new byte[ScriptBodies.BytesMax + more];
        scripts.Learn(large);
        Assert.Equal((isKept, !isKept), (Knows(scripts, large), Knows(scripts, Text(1))));
        Assert.Equal(isKept ? large.Length : Text(1).Length, scripts.Bytes);
        scripts.Clear();
        Assert.Equal((0, 0), (scripts.Bytes, scripts.Count));
    }

    private static byte[] Text(int i) => Encoding.ASCII.GetBytes($"return {i}");

    private static bool Knows(ScriptBodies scripts, byte[] body) =>
        scripts.TryFind(Encoding.ASCII.GetBytes(Sha1.Of(body)), out byte[]? found) && found.AsSpan().SequenceEqual(body);

    private static ReaderDriver Of(ScriptBodies scripts) => new(scripts: scripts) { Settings = new ProtocolSettings { SendsScripts = true } };
}
