using Dynode.Streams.Claims;
using Dynode.Streams.Regions;
using Dynode.TestKit;
using Dynode.TestKit.Streams;
using Dynode.UnitTests.Streams.Claims;

namespace Dynode.UnitTests.Streams.Regions;

/// <summary>Broadcasters say beside a stream what their servers replied, and find out where that differs.</summary>
public sealed class RangeWatchTests : IAsyncDisposable
{
    private const int ThirdSeconds = 4;

    private readonly ScriptedKeys _keys = new();
    private readonly LookClock _time = new();
    private readonly List<RangeWatch> _watches = [];

    [Fact]
    public async Task Each_sees_that_they_differ_and_from_whom()
    {
        await LiveAsync("a", "b");
        var a = await WatchAsync("a");
        var b = await WatchAsync("b");
        a.Say(Of(1, 7));
        b.Say(Of(1, 8));
        a.Say(Of(2, 7));
        b.Say(Of(2, 7));
        await LookAsync(3);
        foreach (var (watch, other) in ((RangeWatch, string)[])[(a, "at b"), (b, "at a")])
        {
            Assert.Equal((2, 1, 0), (watch.Compared, watch.Differing, watch.Unlike));
            Assert.True(watch.TryTake(out var difference));
            Assert.Equal(new RangeDifference(other, 1_024, 2_047), difference);
            Assert.False(watch.TryTake(out _));
        }
    }

    [Fact]
    public async Task Who_has_nothing_new_asks_for_nothing()
    {
        await LiveAsync("a", "b");
        var a = await WatchAsync("a");
        var b = await WatchAsync("b");
        a.Say(Of(1, 7));
        b.Say(Of(1, 7));
        await LookAsync(3);
        Assert.Equal(1, a.Compared);
        _keys.IsAway = true;
        await LookAsync(3);
        _keys.IsAway = false;
        Assert.Equal(1, a.Compared);
    }

    [Fact]
    public async Task Who_has_no_slot_yet_says_it_when_it_has_one_and_what_lies_in_anothers_is_not_taken()
    {
        await LiveAsync("b");
        var a = await WatchAsync("a");
        a.Say(Of(1, 7));
        await _keys.TryPutAsync(RangeList.KeyOf(0), new RangeList("old", "s", [Of(1, 8)]).Write(), 0, default);
        await LookAsync(2);
        Assert.Equal(0, a.Compared);
        await LiveAsync("b", "a");
        await LookAsync(2);
        Assert.Equal("a", await WhoseAsync(1));
        await PutAsync(RangeList.KeyOf(0), new RangeList("b", "other", [Of(1, 8)]).Write());
        await LookAsync(2);
        Assert.Equal(0, a.Compared);
        await PutAsync(RangeList.KeyOf(0), new RangeList("b", "s", [Of(1, 8)]).Write());
        await LookAsync(2);
        Assert.Equal((1, 1), (a.Compared, a.Differing));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var watch in _watches)
            await watch.DisposeAsync();
    }

    private static RangeReplies Of(ulong range, ulong replies) => new(range * RangeReplies.Length, 5, 1, 0, replies);

    private async Task<RangeWatch> WatchAsync(string broadcaster)
    {
        int before = _time.Looks;
        var watch = new RangeWatch(_keys, broadcaster, "s", TimeSpan.FromSeconds(3 * ThirdSeconds), _time);
        _watches.Add(watch);
        await Eventually.True(() => _time.Looks > before, () => $"{_time.Looks} looks");
        return watch;
    }

    private async Task LookAsync(int times) => await _time.PassAsync(times * (ThirdSeconds + 1), _watches.Count);

    private async Task LiveAsync(params string[] broadcasters)
    {
        var table = LivingTable.Empty;
        foreach (string one in broadcasters)
            table = table.With(new LivingLine(one, $"at {one}", 1, 0, 1, 1))!;
        await PutAsync(LivingTable.Key, table.Write());
    }

    private async Task<string?> WhoseAsync(int slot) => (await _keys.GetAsync(RangeList.KeyOf(slot), default)) is { } value ? RangeList.Read(value.Value.Span)?.Broadcaster : null;

    private async Task PutAsync(string key, byte[] value) => Assert.NotNull(await _keys.TryPutAsync(key, value, (await _keys.GetAsync(key, default))?.Revision ?? 0, default));
}
