using System.Collections.Immutable;
using System.Text;
using Dynode.Broadcast.Backends;
using Dynode.Native.State;
using Dynode.UnitTests.House;

namespace Dynode.UnitTests.Native.State;

/// <summary>The file of what outlives a run: schema 1 stays readable, and whatever else stands there is named and not used.</summary>
public sealed class StateTextTests
{
    private static readonly byte[] Golden = File.ReadAllBytes(Path.Combine(SourceTree.Root, "tests/Dynode.UnitTests/Native/State/servers.schema-1.json"));
    private static readonly DateTimeOffset Time = new(2026, 11, 29, 15, 4, 5, 678, TimeSpan.Zero);

    [Fact]
    public void Schema_1_is_read_as_it_was_written_and_written_as_it_was_read()
    {
        KeptState state = StateText.Read(Golden, out string? fault)!;
        Assert.Null(fault);
        Assert.Equal(RunEnd.Stopped, state.Run);
        Assert.Equal(("https://registry.example.com/servers", "0badcafe"), (state.List!.Url, state.List.Asked));
        Assert.Equal(new DateTimeOffset(2026, 11, 29, 15, 0, 0, TimeSpan.Zero), state.List.Time);
        Assert.Equal("10.0.0.1:6379, [2001:db8::1]:6379, redis-3.example.com:6379", string.Join(", ", state.List.Servers));
        Assert.Equal(
            ("10.0.0.1:6379", "redis-3.example.com:6379", "10.0.0.9:6379", "10.0.0.8:6379"),
            (Assert.Single(state.Disabled).ToString(), Assert.Single(state.Ejected).ToString(), Assert.Single(state.Added).ToString(), Assert.Single(state.Removed).ToString()));
        Assert.Equal([new(Of("10.0.0.1:6379"), "Backlog", 184011902), new(Of("10.0.0.8:6379"), "Removed", -1)], state.Gaps);
        Assert.Equal(Encoding.UTF8.GetString(Golden), Encoding.UTF8.GetString(StateText.Write(state, Time)));
    }

    [Fact]
    public void Nothing_at_all_is_written_and_read_too()
    {
        KeptState state = StateText.Read(StateText.Write(KeptState.Empty, Time), out string? fault)!;
        Assert.Null(fault);
        Assert.Equal(RunEnd.Running, state.Run);
        Assert.Null(state.List);
        Assert.True(state.Disabled.IsEmpty && state.Ejected.IsEmpty && state.Added.IsEmpty && state.Removed.IsEmpty && state.Gaps.IsEmpty);
    }

    [Fact]
    public void A_file_that_ends_anywhere_before_its_end_is_a_fault()
    {
        // Behind the last brace there is a line's end.
        for (int length = 0; length < Golden.Length - 1; length++)
        {
            Assert.Null(StateText.Read(Golden.AsSpan(0, length), out string? fault));
            Assert.Contains(length == 0 ? "is empty" : "is no whole JSON", fault, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_byte_that_has_changed_is_a_fault_or_another_state_and_never_an_exception() => TestKit.Seed.Run(random =>
    {
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = [.. Golden];
            for (int i = random.Next(1, 4); i > 0; i--)
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            Assert.Equal(StateText.Read(bytes, out string? fault) is null, fault is not null);
        }
    });

    [Theory]
    [InlineData("\"schema\":1", "\"schema\":2", "is of schema 2, and this version reads schema 1")]
    [InlineData("\"schema\":1", "\"schema\":0", "is of schema 0")]
    [InlineData("\"schema\":1", "\"schema\":\"1\"", "\"schema\"")]
    [InlineData("\"schema\":1,", "", "\"schema\"")]
    [InlineData("\"stopped\"", "\"walking\"", "\"run\"")]
    [InlineData("15:04:05.678Z", "yesterday", "\"time\"")]
    [InlineData("15:00:00.000Z", "", "\"time\"")]
    [InlineData("\"disabled\"", "\"disable\"", "\"disabled\"")]
    [InlineData("\"orders\"", "\"order\"", "\"orders\"")]
    [InlineData("\"gaps\"", "\"gap\"", "\"gaps\"")]
    [InlineData("\"list\"", "\"lists\"", "\"list\"")]
    [InlineData("10.0.0.9:6379", "10.0.0.9", "\"added\"")]
    [InlineData("10.0.0.9:6379", "10.0.0.8:6379", "\"orders\"")]
    [InlineData("\"[2001:db8::1]:6379\"", "7", "\"servers\"")]
    [InlineData("[2001:db8::1]:6379", "10.0.0.1:6379", "\"servers\"")]
    [InlineData("\"Backlog\"", "\"\"", "\"gaps\"")]
    [InlineData("\"Backlog\"", "\"\\u001b[2J\"", "\"gaps\"")]
    [InlineData("184011902", "-2", "\"gaps\"")]
    [InlineData("184011902", "1e99", "\"first\"")]
    [InlineData("\"Backlog\"", "\"\\ud800\"", "no text")]
    [InlineData("\"schema\":1,", "\"schema\":1,\"of another version\":[{}],", null)]
    public void What_makes_no_sense_is_named(string old, string now, string? fault)
    {
        string text = Encoding.UTF8.GetString(Golden);
        Assert.Contains(old, text, StringComparison.Ordinal);
        int at = text.IndexOf(old, StringComparison.Ordinal);
        KeptState? state = StateText.Read(Encoding.UTF8.GetBytes(text[..at] + now + text[(at + old.Length)..]), out string? said);
        if (fault is null)
            Assert.NotNull(state);
        else
            Assert.Contains(fault, said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("17")]
    [InlineData("{} {}")]
    public void What_is_no_object_is_none(string text) => Assert.Null(StateText.Read(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData(StateText.ServersMax - 1, true)]
    [InlineData(StateText.ServersMax, true)]
    [InlineData(StateText.ServersMax + 1, false)]
    public void Servers_of_a_kind_are_bounded(int count, bool isRead)
    {
        var state = new KeptState { Removed = Many(count) };
        Assert.Equal(isRead, StateText.Read(StateText.Write(state, Time), out _) is not null);
    }

    [Theory]
    [InlineData(StateText.GapsMax - 1, true)]
    [InlineData(StateText.GapsMax, true)]
    [InlineData(StateText.GapsMax + 1, false)]
    public void Gaps_are_bounded(int count, bool isRead)
    {
        var state = new KeptState { Gaps = [.. Many(count).Select(static server => new KeptGap(server, "Backlog", 1))] };
        Assert.Equal(isRead, StateText.Read(StateText.Write(state, Time), out _) is not null);
    }

    [Fact]
    public void The_most_that_is_ever_kept_fits_into_what_is_read()
    {
        ImmutableArray<BackendAddress> longest = [.. Enumerable.Range(0, StateText.ServersMax).Select(i => Of($"{i:0000}.{string.Join('.', Enumerable.Repeat(new string('x', 61), 4))}x:65535"))];
        var state = new KeptState
        {
            List = new(new string('u', 8192), "00000000", Time, longest),
            Disabled = longest,
            Added = longest,
            Gaps = [.. longest.Select(static server => new KeptGap(server, "Divergence", long.MaxValue)), .. Many(StateText.ServersMax).Select(static server => new KeptGap(server, "Removed", 1))],
        };
        byte[] bytes = StateText.Write(state, Time);
        Assert.InRange(bytes.Length, 1, StateText.BytesMax);
        Assert.NotNull(StateText.Read(bytes, out _));
    }

    [Fact]
    public void An_order_takes_the_place_of_the_one_before_and_too_many_push_the_oldest_out()
    {
        KeptState state = KeptState.Empty.With(Of("a:1"), BackendOrder.Disabled).With(Of("a:1"), BackendOrder.Ejected);
        Assert.Empty(state.Disabled);
        Assert.Equal("a:1", Assert.Single(state.Ejected).ToString());
        Assert.Empty(state.With(Of("a:1"), BackendOrder.Enabled).Ejected);
        state = KeptState.Empty;
        foreach (BackendAddress server in Many(StateText.ServersMax + 1))
            state = state.With(server, BackendOrder.Disabled);
        Assert.Equal(Many(StateText.ServersMax + 1).Skip(1), state.Disabled);
    }

    private static ImmutableArray<BackendAddress> Many(int count) => [.. Enumerable.Range(1, count).Select(i => Of($"10.0.{i / 250}.{(i % 250) + 1}:{i % 7 + 1}"))];

    private static BackendAddress Of(string text)
    {
        Assert.True(BackendAddress.TryParse(text, out BackendAddress? address, out string? fault), fault);
        return address;
    }
}
