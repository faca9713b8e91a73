using Dynode.Broadcast;
using Dynode.Broadcast.Backends;
using Dynode.Native.Admin;

namespace Dynode.UnitTests.Native.Admin;

/// <summary>What follows from one look after the other: rates, ages, how long until a server has caught up or lost something.</summary>
public sealed class SampleHistoryTests
{
    private const long Max = 10_000;

    private readonly SampleHistory _history = new();

    private Sample Look(double seconds, long tail, long lag, bool isConnected = true, bool isCurrent = false, long? max = Max, BackendOrder order = BackendOrder.Enabled, bool isEjected = false) =>
        _history.Next(
            new BroadcastSnapshot
            {
                Tail = tail,
                Requests = tail / 10,
                ReceivedBytes = tail,
                Backends =
                [
                    new BackendSnapshot
                    {
                        Address = AdminUnderTest.Of("10.0.0.1:1"),
                        State = isConnected ? BackendState.Up : BackendState.Down,
                        Order = order,
                        Connections = isConnected ? 1 : 0,
                        SentBytes = tail - lag,
                        OwedBytes = max is null ? lag : 0,
                        Standing = max is null ? null : new FramedStanding(isConnected, isCurrent, isEjected, null, -1, lag / 10, lag, 0),
                    },
                ],
            },
            TimeSpan.FromSeconds(seconds),
            DateTimeOffset.UnixEpoch,
            max);

    [Theory]
    [InlineData(Max)]
    [InlineData(null)]
    public void A_server_that_takes_more_than_comes_has_caught_up_when_that_is_said(long? max)
    {
        // 100 bytes a second come, 150 are taken, 1,000 wait at first.
        Sample sample = Look(0, 1_000, 1_000, max: max);
        for (int i = 1; i <= 12; i++)
            sample = Look(i, 1_000 + (100 * i), 1_000 - (50 * i), max: max);
        var server = sample.Servers[0];
        Assert.Equal(ServerState.CatchingUp, server.State);
        Assert.Equal(400 / 50.0, server.CatchUp!.Value.TotalSeconds, 6);
        Assert.Equal(4, server.Lag!.Value.TotalSeconds, 6);
        Assert.Null(server.Overflow);
        Assert.Equal((10, 100), (sample.RequestRate, sample.ReceivedRate));
    }

    /// <summary>What it lacks is in the stream, and what waits for it here is what was read of that.</summary>
    [Theory]
    [InlineData(100, 4.0, 4.0)]
    [InlineData(50, null, null)]
    [InlineData(40, null, null)]
    public void A_server_that_reads_the_stream_by_itself_has_caught_up_when_its_place_there_says(int taken, double? catchUp, double? lag)
    {
        // 50 entries a second come, and it takes so many; it is 1,000 behind at first.
        Sample sample = Apart(0, 10_000, 9_000);
        for (int i = 1; i <= 16; i++)
            sample = Apart(i, (ulong)(10_000 + (50 * i)), (ulong)(9_000 + (taken * i)));
        var server = sample.Servers[0];
        Assert.Equal(ServerState.CatchingUp, server.State);
        Assert.Equal(catchUp ?? Timeout.InfiniteTimeSpan.TotalSeconds, server.CatchUp!.Value.TotalSeconds, 6);
        if (lag is not null)
            Assert.Equal(lag.Value, server.Lag!.Value.TotalSeconds, 6);
        else
            Assert.Null(server.Lag);
        sample = Apart(17, 10_900, 10_900);
        Assert.Null(sample.Servers[0].CatchUp);
        Assert.Equal(TimeSpan.Zero, sample.Servers[0].Lag);
    }

    private Sample Apart(double seconds, ulong last, ulong has) => _history.Next(
        new BroadcastSnapshot
        {
            Tail = 1_000,
            Feed = AdminUnderTest.WithLog(AdminUnderTest.Snapshot()).Feed! with { Last = last },
            Backends =
            [
                new BackendSnapshot
                {
                    Address = AdminUnderTest.Of("10.0.0.1:1"),
                    State = BackendState.Up,
                    Connections = 1,
                    Standing = new FramedStanding(true, false, false, null, -1, 3, 30, 0, IsFromStream: true),
                    Place = new OrderedPlace(Dynode.Streams.Claims.ClaimState.Held, "", has, last - has),
                },
            ],
        },
        TimeSpan.FromSeconds(seconds),
        DateTimeOffset.UnixEpoch,
        Max);

    [Fact]
    public void A_server_that_takes_less_than_comes_never_catches_up_and_its_backlog_is_full_when_that_is_said()
    {
        Sample sample = Look(0, 1_000, 1_000);
        for (int i = 1; i <= 12; i++)
            sample = Look(i, 1_000 + (100 * i), 1_000 + (30 * i));
        Assert.Equal(Timeout.InfiniteTimeSpan, sample.Servers[0].CatchUp);
        Assert.Equal((Max - 1_360) / 30.0, sample.Servers[0].Overflow!.Value.TotalSeconds, 6);
    }

    [Fact]
    public void A_server_that_is_away_has_no_catch_up_and_an_overflow()
    {
        Sample sample = Look(0, 0, 0, isConnected: false);
        for (int i = 1; i <= 5; i++)
            sample = Look(i, 100 * i, 100 * i, isConnected: false);
        var server = sample.Servers[0];
        Assert.Equal((ServerState.Down, null), (server.State, server.CatchUp));
        Assert.Equal((Max - 500) / 100.0, server.Overflow!.Value.TotalSeconds, 6);
        Assert.Equal(5, server.Lag!.Value.TotalSeconds, 6);
        Assert.Equal(5, server.Since.TotalSeconds, 6);
    }

    /// <summary>What is on its way says nothing, however it goes up and down.</summary>
    [Fact]
    public void A_server_that_is_current_has_neither()
    {
        Sample sample = Look(0, 0, 0, isCurrent: true);
        for (int i = 1; i <= 12; i++)
            sample = Look(i, 10_000 * i, 10 * i, isCurrent: true);
        var server = sample.Servers[0];
        Assert.Equal((ServerState.Current, null, null), (server.State, server.CatchUp, server.Overflow));
        Assert.InRange(server.Lag!.Value.TotalSeconds, 0, 0.1);
    }

    [Fact]
    public void The_first_look_knows_no_pace_and_the_ages_of_nothing()
    {
        var server = Look(0, 5_000, 500).Servers[0];
        Assert.Equal((null, null, null), (server.CatchUp, server.Overflow, server.Lag));
        Assert.Equal(TimeSpan.Zero, server.Since);
    }

    [Theory]
    [InlineData(true, true, BackendOrder.Enabled, false, "Current")]
    [InlineData(true, false, BackendOrder.Enabled, false, "CatchingUp")]
    [InlineData(false, false, BackendOrder.Enabled, false, "Down")]
    [InlineData(false, false, BackendOrder.Disabled, false, "Disabled")]
    [InlineData(true, false, BackendOrder.Disabled, false, "CatchingUp")]
    [InlineData(true, false, BackendOrder.Ejected, true, "Ejected")]
    [InlineData(true, false, BackendOrder.Enabled, true, "Ejected")]
    public void A_state_is_what_the_server_does_whatever_was_ordered(bool isConnected, bool isCurrent, BackendOrder order, bool isEjected, string state) =>
        Assert.Equal(state, Look(0, 0, 0, isConnected, isCurrent, order: order, isEjected: isEjected).Servers[0].State.ToString());

    [Fact]
    public void How_long_it_has_been_so_begins_anew_with_each_state()
    {
        Look(0, 0, 0, isCurrent: true);
        Assert.Equal(3, Look(3, 0, 0, isCurrent: true).Servers[0].Since.TotalSeconds);
        Assert.Equal(0, Look(4, 0, 0, isConnected: false).Servers[0].Since.TotalSeconds);
        Assert.Equal(2, Look(6, 0, 0, isConnected: false).Servers[0].Since.TotalSeconds);
    }
}
