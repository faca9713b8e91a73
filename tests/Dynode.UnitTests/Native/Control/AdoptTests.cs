using Dynode.Native.Control;
using Dynode.Native.Hosting;
using Dynode.TestKit;

namespace Dynode.UnitTests.Native.Control;

/// <summary>adopt as it is typed: whom it asks, and what becomes of the answer.</summary>
public sealed class AdoptTests : IDisposable
{
    private readonly ControlServer _server = ControlServer.OnName();
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _server.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Theory]
    [InlineData("yes", VerbStatus.Good)]
    [InlineData(" yes ", VerbStatus.Good)]
    [InlineData("y", VerbStatus.No)]
    [InlineData("", VerbStatus.No)]
    [InlineData(null, VerbStatus.Usage)]
    public void It_asks_and_does_nothing_before_it_is_told_yes(string? typed, int status)
    {
        _server.Answer("/adopt", """{"changed":true,"text":"server a:1 counts as equal"}""");
        Assert.Equal(status, Run(typed, "adopt", "A:1", "b:2"));
        Assert.Contains("a:1, b:2 will count as equal to all others, with what they hold now.", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(status == VerbStatus.Good ? 1 : 0, _server.Requests.Count);
        Assert.Equal(status == VerbStatus.Good ? "server a:1 counts as equal\n" : "", _output.ToString());
        Assert.Equal(typed is null, _error.ToString().Contains("say --yes", StringComparison.Ordinal));
    }

    [Fact]
    public void With_yes_nobody_is_asked_and_json_is_the_answer_as_it_is()
    {
        const string body = "{\"changed\":false,\"text\":\"server a:1 has no gap, at number 7 of the stream\",\"servers\":[{\"address\":\"a:1\",\"gap\":\"none\",\"number\":7}]}\n";
        _server.Answer("/adopt", body);
        Assert.Equal((VerbStatus.Good, "", body), (Run(null, "adopt", "all", "--yes", "--json"), _error.ToString(), _output.ToString()));
    }

    /// <summary>It is what is done in any case, and so no place to ask at.</summary>
    [Fact]
    public void That_it_counts_at_the_last_number_may_be_said()
    {
        _server.Answer("/adopt", """{"changed":true,"text":"server a:1 counts as equal"}""");
        Assert.Equal((VerbStatus.Good, ""), (Run(null, "adopt", "a:1", "--yes", "--at", "last"), _error.ToString()));
        Assert.Single(_server.Requests);
    }

    [Theory]
    [InlineData(409)]
    [InlineData(504)]
    public void What_is_not_done_or_not_certain_is_no(int status)
    {
        const string body = "{\"error\":\"it is not written yet\",\"servers\":[]}\n";
        _server.Answer("/adopt", body, status).Answer("/gaps/close", body, status);
        Assert.Equal(VerbStatus.No, Run(null, "adopt", "all", "--yes"));
        Assert.Equal(VerbStatus.No, Run(null, "gaps", "close"));
        Assert.Equal("", _output.ToString());
        Assert.Contains("it is not written yet", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal(VerbStatus.No, Run(null, "adopt", "all", "--yes", "--json"));
        Assert.Equal(body, _output.ToString());
    }

    [Theory]
    [InlineData("adopt", "Required argument missing")]
    [InlineData("adopt a", "a")]
    [InlineData("adopt all a:1", "all stands alone.")]
    [InlineData("adopt all --yes --at 184205", "--at 184205 cannot be: a server counts as equal at the newest number that it has been sent.")]
    [InlineData("adopt all --yes --at first", "--at first ")]
    [InlineData("gaps close --at last", "--at last ")]
    public void What_is_typed_wrong_is_said(string line, string said)
    {
        Assert.Equal(VerbStatus.Usage, new CommandLine(_output, _error).Run(line.Split(' ')));
        Assert.Contains(said, _error.ToString(), StringComparison.Ordinal);
    }

    private int Run(string? typed, params string[] args) =>
        new CommandLine(_output, _error, new Consent(() => typed is not null, () => typed)).Run([.. args, "--port", $"{_server.Port}"]);
}
