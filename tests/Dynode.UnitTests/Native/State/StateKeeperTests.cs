using Dynode.Broadcast.Backends;
using Dynode.Native.State;
using Dynode.TestKit;
using Dynode.UnitTests.Native.Admin;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Native.State;

/// <summary>What is in force is on disk, soon and once, and a disk that fails takes nothing from what is in force.</summary>
[Collection(Alone.Name)]
public sealed class StateKeeperTests : IDisposable
{
    private static readonly BackendAddress Server = AdminUnderTest.Of("10.0.0.1:6379");

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 29, 12, 0, 0, TimeSpan.Zero));
    private readonly LogLinesSink _log = new();
    private readonly StateDirectory _directory;
    private readonly StateKeeper _keeper;

    public StateKeeperTests()
    {
        _directory = StateDirectory.Open(_folder.Path, out string? fault, out _) ?? throw new ExpectationException(fault!);
        _keeper = new StateKeeper(_directory, KeptState.Empty, _log, _time);
    }

    [Fact]
    public async Task A_change_is_on_disk_when_it_says_so()
    {
        _keeper.Start(look: null);
        Assert.Null(await Disable().WaitAsync(Deadline.Default));
        Assert.Equal([Server], OnDisk().Disabled);
        Assert.Null(await _keeper.Change(static state => state.With(Server, BackendOrder.Enabled)).WaitAsync(Deadline.Default));
        Assert.Empty(OnDisk().Disabled);
    }

    [Fact]
    public async Task What_changes_nothing_writes_nothing()
    {
        await Disable();
        File.Delete(_directory.FilePath);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Null(await Disable());
        _keeper.Turn();
        Assert.False(File.Exists(_directory.FilePath));
    }

    [Fact]
    public async Task A_full_disk_is_said_and_the_next_change_is_tried_again()
    {
        await Disable();
        Descriptors.FillDisk(_directory);
        Assert.Equal("No space left on device", await Remove());
        Assert.Equal([Server], _keeper.State.Removed);
        Assert.Empty(OnDisk().Removed);
        Assert.Equal([$"2602 {_directory.FilePath} cannot be written: No space left on device; what it would hold is in force, is lost at a restart, and is written as soon as that works"], _log.Lines);
        Assert.Null(await _keeper.Change(static state => state.With(Server, BackendOrder.Ejected)));
        Assert.Equal([Server], OnDisk().Removed);
        Assert.Contains(_log.Lines, line => line.StartsWith("2603 ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_disk_that_fails_is_tried_again_in_its_time_and_named_once_a_minute()
    {
        Directory.CreateDirectory(_directory.FilePath);
        Assert.NotNull(await Disable());
        _time.Advance(StateKeeper.RetryInterval - TimeSpan.FromSeconds(1));
        _keeper.Turn();
        Directory.Delete(_directory.FilePath);
        _keeper.Turn();
        Assert.False(File.Exists(_directory.FilePath));
        Directory.CreateDirectory(_directory.FilePath);
        for (TimeSpan passed = StateKeeper.RetryInterval; passed < StateKeeper.RepeatInterval; passed += StateKeeper.RetryInterval)
        {
            _time.Advance(StateKeeper.RetryInterval);
            _keeper.Turn();
        }

        Assert.Single(_log.Lines);
        _time.Advance(StateKeeper.RetryInterval);
        _keeper.Turn();
        Assert.Equal(2, _log.Lines.Count);
        Directory.Delete(_directory.FilePath);
        _time.Advance(StateKeeper.RetryInterval);
        _keeper.Turn();
        Assert.Equal([Server], OnDisk().Disabled);
    }

    [Fact]
    public async Task A_look_that_sees_something_new_is_written_and_one_that_does_not_is_not()
    {
        KeptGap[] gaps = [new(Server, "Backlog", 7)];
        int looks = 0;
        _keeper.Start(state =>
        {
            looks++;
            return state.Gaps.SequenceEqual(gaps) ? state : state with { Gaps = [.. gaps] };
        });
        await Eventually.True(() => File.Exists(_directory.FilePath), () => $"looks: {looks}");
        Assert.Equal(gaps, OnDisk().Gaps);
        int seen = looks;
        File.Delete(_directory.FilePath);
        await Eventually.True(() => Volatile.Read(ref looks) > seen + 1, () => $"looks: {looks}");
        Assert.False(File.Exists(_directory.FilePath));
    }

    [Fact]
    public async Task The_last_change_of_a_run_is_on_disk_and_nothing_is_written_after_it()
    {
        _keeper.Start(look: null);
        Assert.Null(_keeper.End(static state => state with { Run = RunEnd.Stopped }));
        Assert.Equal(RunEnd.Stopped, OnDisk().Run);
        Assert.Equal("the end has begun", await Disable());
        Assert.Empty(OnDisk().Disabled);
    }

    [Fact]
    public async Task Whoever_has_handed_over_writes_nothing_any_more()
    {
        _keeper.Start(look: null);
        await Disable().WaitAsync(Deadline.Default);
        _keeper.LetGo();
        File.Delete(_directory.FilePath);
        Assert.NotNull(await Remove());
        _keeper.Dispose();
        Assert.False(File.Exists(_directory.FilePath));
    }

    [Fact]
    public async Task Orders_of_many_at_once_are_all_on_disk()
    {
        _keeper.Start(look: null);
        BackendAddress[] servers = [.. Enumerable.Range(1, 100).Select(i => AdminUnderTest.Of($"10.0.0.{i}:1"))];
        string?[] faults = await Task.WhenAll(servers.Select(server => Task.Run(() => _keeper.Change(state => state.With(server, BackendOrder.Disabled))))).WaitAsync(Deadline.Default);
        Assert.All(faults, Assert.Null);
        Assert.Equal(servers.ToHashSet(), OnDisk().Disabled.ToHashSet());
    }

    public void Dispose()
    {
        _keeper.Dispose();
        _folder.Dispose();
    }

    private Task<string?> Disable() => _keeper.Change(static state => state.With(Server, BackendOrder.Disabled));

    private Task<string?> Remove() => _keeper.Change(static state => state with { Removed = [Server] });

    private KeptState OnDisk() => StateText.Read(File.ReadAllBytes(_directory.FilePath), out string? fault) ?? throw new ExpectationException(fault!);
}
