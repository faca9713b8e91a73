using System.Text;
using Dynode.Streams;
using Dynode.Streams.Claims;
using Dynode.TestKit;
using Dynode.TestKit.Streams;

namespace Dynode.UnitTests.Streams.Claims;

/// <summary>One broadcaster says that it lives, and sees who else does.</summary>
public sealed class LivingWatchTests : IAsyncDisposable
{
    private const int LeaseSeconds = 12;
    private const int ThirdSeconds = LeaseSeconds / 3;

    private readonly ScriptedKeys _keys = new();
    private readonly LookClock _time = new();
    private readonly List<LivingWatch> _watches = [];
    private int _changes;

    [Fact]
    public async Task At_the_first_look_it_is_in_the_table_with_its_list()
    {
        var watch = await WatchAsync("a");
        Assert.Equal(["a"], Known(watch));
        Assert.Equal("", watch.Text);
        var line = Assert.Single((await TableAsync()).Lines);
        Assert.Equal(("a", 0), (line.Broadcaster, line.Slot));
        Assert.Equal("a", (await ListAsync(0))!.Broadcaster);
    }

    [Fact]
    public async Task Another_is_known_at_the_first_look_and_proven_when_it_has_said_so_again()
    {
        var a = await WatchAsync("a");
        var b = await WatchAsync("b");
        Assert.Equal(["a?", "b"], Known(b));
        await _time.PassAsync(1, 2);
        Assert.Equal(["a", "b?"], Known(a));
        await _time.PassAsync(ThirdSeconds + 1, 2);
        Assert.Equal(["a", "b"], Known(a));
        Assert.Equal(["a", "b"], Known(b));
        Assert.Equal(0, b.Living!.All.Single(static one => one.Broadcaster == "a").Servers!.Servers[ServerList.HashOf("server of a")]);
    }

    [Fact]
    public async Task Who_says_nothing_for_a_lease_is_dead_and_not_before_and_its_line_goes()
    {
        var a = await WatchAsync("a");
        var b = await WatchAsync("b");
        await _time.PassAsync(ThirdSeconds + 1, 2);
        await a.DisposeAsync();

        // What it said last b may have seen a second later.
        await _time.PassAsync(LeaseSeconds - ThirdSeconds - 2);
        Assert.Equal(["a", "b"], Known(b));
        await _time.PassAsync(ThirdSeconds + 2);
        Assert.Equal(["b"], Known(b));
        await _time.PassAsync(ThirdSeconds);
        Assert.Equal("b", Assert.Single((await TableAsync()).Lines).Broadcaster);
    }

    [Fact]
    public async Task Who_was_taken_for_dead_and_lives_is_back_with_its_list()
    {
        var b = await WatchAsync("b");
        var a = await WatchAsync("a");
        await PutAsync(LivingTable.Key, (await TableAsync()).Without(static line => line.Broadcaster == "a").Write());
        await PutAsync(ServerList.KeyOf(1), ServerList.Of("c", ["x"]).Write());
        await _time.PassAsync(2, 2);
        Assert.Contains("a", Known(a));
        Assert.Equal(["a", "b"], (await TableAsync()).Lines.Select(static line => line.Broadcaster).Order());
        Assert.Equal("a", (await ListAsync(1))!.Broadcaster);
        await _time.PassAsync(1, 2);
        Assert.NotNull(b.Living!.All.Single(static one => one.Broadcaster == "a").Servers);
    }

    [Fact]
    public async Task Who_leaves_is_gone_at_the_next_look()
    {
        var a = await WatchAsync("a");
        var b = await WatchAsync("b");
        await a.LeaveAsync(TestContext.Current.CancellationToken);
        Assert.Equal("b", Assert.Single((await TableAsync()).Lines).Broadcaster);
        await _time.PassAsync(1);
        Assert.Equal(["b"], Known(b));
    }

    [Fact]
    public async Task Leaving_is_no_fault_while_the_keys_are_away()
    {
        var a = await WatchAsync("a");
        _keys.IsAway = true;
        using var patience = new CancellationTokenSource();
        var leaving = a.LeaveAsync(patience.Token);
        await patience.CancelAsync();
        await leaving;
        Assert.Equal(["a"], Known(a));
    }

    [Fact]
    public async Task Another_list_is_known_within_a_look_of_each()
    {
        var a = await WatchAsync("a");
        var b = await WatchAsync("b");
        a.List(["x", "y"]);
        await _time.PassAsync(2, 2);
        Assert.Equal(1, b.Living!.All.Single(static one => one.Broadcaster == "a").Servers!.Servers[ServerList.HashOf("y")]);
        Assert.Equal(1, a.Living!.All.Single(static one => one.Broadcaster == "a").Servers!.Servers[ServerList.HashOf("y")]);
    }

    [Fact]
    public async Task Of_two_that_choose_one_slot_at_once_each_has_its_own_list_in_the_end()
    {
        var both = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int ready = 0;
        Task Both() => Interlocked.Increment(ref ready) >= 2 && both.TrySetResult() ? Task.CompletedTask : both.Task;
        var a = Watch(new FaultyKeys(_keys) { BeforePut = Both }, "a");
        var b = Watch(new FaultyKeys(_keys) { BeforePut = Both }, "b");
        await Eventually.True(() => _time.Looks == 2);
        await _time.PassAsync(2 * ThirdSeconds + 2, 2);
        Assert.Equal(["a", "b"], Known(a));
        Assert.Equal(["a", "b"], Known(b));
        Assert.All((LivingWatch[])[a, b], static watch => Assert.All(watch.Living!.All, static one => Assert.Equal(one.Broadcaster, one.Servers?.Broadcaster)));
    }

    [Fact]
    public async Task That_some_server_held_data_is_written_at_once_known_to_all_and_stays_so()
    {
        var a = await WatchAsync("a");
        var b = await WatchAsync("b");
        Assert.False(b.Living!.HadData);
        a.NoteData();
        await Eventually.True(() => a.Living!.HadData);
        Assert.True((await TableAsync()).HadData);
        await a.LeaveAsync(TestContext.Current.CancellationToken);
        await b.LeaveAsync(TestContext.Current.CancellationToken);
        var c = await WatchAsync("c");
        Assert.True(c.Living!.HadData);
    }

    [Fact]
    public async Task While_the_keys_are_away_it_goes_on_with_what_it_knows()
    {
        _keys.IsAway = true;
        var a = Watch(_keys, "a");
        await Eventually.True(() => _time.Begun == 1);
        await _time.PassAsync(TimeSpan.FromSeconds(ThirdSeconds));
        Assert.Null(a.Living);
        Assert.Equal("the engine does not answer", a.Text);
        _keys.IsAway = false;
        await _time.PassAsync(1);
        Assert.Equal(["a"], Known(a));
        Assert.Equal("", a.Text);
    }

    [Theory]
    [InlineData(LivingTable.Max - 1, "")]
    [InlineData(LivingTable.Max, "64 broadcasters live, and there is no place for one more: this one takes no server until one of them has gone")]
    public async Task As_many_as_a_stream_has_lanes_are_known_and_one_more_says_so(int others, string text)
    {
        var table = LivingTable.Empty;
        for (int i = 0; i < others; i++)
            table = table.With(new LivingLine($"{i}", "there", 1, 0, 1, 1))!;
        await PutAsync(LivingTable.Key, table.Write());
        var a = await WatchAsync("a");
        Assert.Equal(text, a.Text);
        Assert.Equal(text.Length == 0 ? others + 1 : null, a.Living?.All.Length);
    }

    [Fact]
    public async Task The_one_more_is_known_and_knows_the_others_when_one_of_them_has_gone()
    {
        var table = LivingTable.Empty;
        for (int i = 0; i < LivingTable.Max; i++)
            table = table.With(new LivingLine($"{i}", "there", 1, 0, 1, 1))!;
        await PutAsync(LivingTable.Key, table.Write());
        var a = await WatchAsync("a");
        Assert.Null(a.Living);
        await PutAsync(LivingTable.Key, table.Without(static line => line.Broadcaster == "7").Write());
        await _time.PassAsync(1);
        Assert.Equal(LivingTable.Max, a.Living!.All.Length);
        Assert.Equal("", a.Text);
    }

    [Fact]
    public async Task Which_servers_cannot_be_reached_is_told_at_the_next_look()
    {
        var a = await WatchAsync("a");
        var b = await WatchAsync("b");
        a.List(["x", "y"], ["y"]);
        await _time.PassAsync(2, 2);
        var seen = b.Living!.All.Single(static one => one.Broadcaster == "a").Servers!;
        Assert.Equal([ServerList.HashOf("y")], seen.Away);
        a.List(["x", "y"]);
        await _time.PassAsync(2, 2);
        Assert.Empty(b.Living!.All.Single(static one => one.Broadcaster == "a").Servers!.Away);
    }

    [Fact]
    public async Task What_is_no_table_is_never_written_over_and_is_said()
    {
        await PutAsync(LivingTable.Key, Encoding.ASCII.GetBytes("something else"));
        var a = await WatchAsync("a");
        Assert.Null(a.Living);
        Assert.Equal("living holds something else", a.Text);
        await _time.PassAsync(2 * LeaseSeconds);
        Assert.Equal("something else", Encoding.ASCII.GetString((await _keys.GetAsync(LivingTable.Key, TestContext.Current.CancellationToken))!.Value.Span));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var watch in _watches)
            await watch.DisposeAsync();
    }

    /// <summary>Whom it takes to live; behind one of which that is not proven a question mark.</summary>
    private static string[] Known(LivingWatch watch) => [.. watch.Living!.All.Select(static one => one.Broadcaster + (one.IsProven ? "" : "?")).Order(StringComparer.Ordinal)];

    private LivingWatch Watch(IStreamKeys keys, string broadcaster)
    {
        var watch = new LivingWatch(keys, broadcaster, $"at {broadcaster}", [$"server of {broadcaster}"], TimeSpan.FromSeconds(LeaseSeconds), _time, () => Interlocked.Increment(ref _changes));
        _watches.Add(watch);
        return watch;
    }

    /// <summary>One that has looked once.</summary>
    private async Task<LivingWatch> WatchAsync(string broadcaster)
    {
        int before = _time.Looks;
        var watch = Watch(_keys, broadcaster);
        await Eventually.True(() => _time.Looks > before);
        return watch;
    }

    private async Task<LivingTable> TableAsync() => LivingTable.Read((await _keys.GetAsync(LivingTable.Key, TestContext.Current.CancellationToken))!.Value.Span)!;

    private async Task<ServerList?> ListAsync(int slot) => ServerList.Read((await _keys.GetAsync(ServerList.KeyOf(slot), TestContext.Current.CancellationToken))!.Value.Span);

    private async Task PutAsync(string key, byte[] value)
    {
        ulong revision = (await _keys.GetAsync(key, TestContext.Current.CancellationToken))?.Revision ?? 0;
        Assert.NotNull(await _keys.TryPutAsync(key, value, revision, TestContext.Current.CancellationToken));
    }
}
