using System.Text;
using Dynode.Broadcast.Backends;
using Dynode.Native.Handover;
using Dynode.Native.State;
using Dynode.UnitTests.Native.Admin;

namespace Dynode.UnitTests.Native.Handover;

/// <summary>What one version writes the next one must read: they meet at every upgrade.</summary>
public sealed class HandedStateTests
{
    /// <summary>Of version 1, as it was written. It stays as it is, whatever is written later.</summary>
    private const string Golden = """
        184203311
        {"schema":1,"time":"1970-01-01T00:00:00.000Z","run":"stopped","list":{"url":"http://lists/servers","asked":"0badcafe","time":"1970-01-01T00:00:00.000Z","servers":["10.0.0.1:6379","b.example:6379"]},"orders":{"disabled":["10.0.0.3:6379"],"ejected":[],"added":["10.0.0.3:6379"],"removed":[]},"gaps":[{"server":"b.example:6379","reason":"Shutdown","first":184203300},{"server":"gone:1","reason":"Removed","first":7}]}
        10.0.0.1:6379
        b.example:6379
        10.0.0.3:6379

        """;

    private static readonly HandedState State = HandedState.Of(
        new HandedOver(184203311, [Server("10.0.0.1:6379"), Server("b.example:6379", DropReason.Shutdown, 184203300), Server("10.0.0.3:6379")]),
        new KeptState
        {
            Run = RunEnd.Running,
            List = new("http://lists/servers", "0badcafe", DateTimeOffset.UnixEpoch, [AdminUnderTest.Of("10.0.0.1:6379"), AdminUnderTest.Of("b.example:6379")]),
            Disabled = [AdminUnderTest.Of("10.0.0.3:6379")],
            Added = [AdminUnderTest.Of("10.0.0.3:6379")],
            Gaps = [new(AdminUnderTest.Of("10.0.0.1:6379"), "Backlog", 3), new(AdminUnderTest.Of("gone:1"), "Removed", 7)],
        });

    [Fact]
    public void It_is_written_as_version_1_is() => Assert.Equal(Golden, Encoding.UTF8.GetString(State.Write()));

    [Fact]
    public void Version_1_is_read()
    {
        HandedState state = HandedState.Read(Encoding.UTF8.GetBytes(Golden), out string? fault)!;
        Assert.Null(fault);
        HandedOver handed = state.For(new Dictionary<BackendAddress, HandedConnection>());
        Assert.Equal(184203311, handed.Next);
        Assert.Equal(
            [("10.0.0.1:6379", null, -1), ("b.example:6379", DropReason.Shutdown, 184203300), ("10.0.0.3:6379", null, -1)],
            handed.Servers.Select(static server => (server.Address.ToString(), server.Gap, server.FirstMissing)));
        Assert.Equal(["10.0.0.3:6379"], state.Kept.Disabled.Select(static server => server.ToString()));
        Assert.Equal(RunEnd.Stopped, state.Kept.Run);
    }

    /// <summary>A reason that this version does not know is a gap all the same.</summary>
    [Fact]
    public void An_unknown_reason_is_a_gap_of_before()
    {
        HandedState state = HandedState.Read(Encoding.UTF8.GetBytes(Golden.Replace("\"Shutdown\"", "\"Eclipse\"", StringComparison.Ordinal)), out _)!;
        Assert.Equal(DropReason.Earlier, state.For(new Dictionary<BackendAddress, HandedConnection>()).Servers[1].Gap);
    }

    [Theory]
    [InlineData("")]
    [InlineData("184203311\n")]
    [InlineData("one\n{}\n")]
    [InlineData("-1\n{}\n")]
    [InlineData("1\n{}\n")]
    public void What_is_none_is_a_fault(string text)
    {
        Assert.Null(HandedState.Read(Encoding.UTF8.GetBytes(text), out string? fault));
        Assert.NotNull(fault);
    }

    /// <summary>Cut anywhere, or with a byte of it changed into something else: a fault, or a state; never more.</summary>
    [Fact]
    public void Cut_anywhere_it_is_no_state()
    {
        byte[] whole = Encoding.UTF8.GetBytes(Golden);
        int servers = Golden.IndexOf("\n10.0.0.1", StringComparison.Ordinal) + 1;
        for (int length = 0; length < servers; length++)
            Assert.Null(HandedState.Read(whole[..length], out _));
    }

    private static HandedServer Server(string address, DropReason? gap = null, long first = -1) => new(AdminUnderTest.Of(address), gap, first, null);
}
