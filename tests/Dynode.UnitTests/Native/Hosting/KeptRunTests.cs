using Dynode.Broadcast;
using Dynode.Broadcast.Backends;
using Dynode.Native.Configuration;
using Dynode.Native.Handover;
using Dynode.Native.Hosting;
using Dynode.Native.Membership;
using Dynode.Native.State;
using Dynode.TestKit;
using Dynode.UnitTests.Native.Admin;
using Dynode.UnitTests.Native.Configuration;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Native.Hosting;

/// <summary>From one run to the next: who is behind, what was ordered, which list it was.</summary>
[Collection(Alone.Name)]
public sealed class KeptRunTests : IDisposable
{
    private const string Url = "https://me:hunter2@list.test/servers?key=hunter3";

    private readonly TestKit.TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 29, 12, 0, 0, TimeSpan.Zero));
    private readonly LogLinesSink _log = new();
    private readonly List<Broadcaster> _planes = [];
    private readonly NameLookups _lookups = new(static _ => [], 1, TimeProvider.System);

    [Fact]
    public void Who_is_behind_at_the_end_is_said_and_the_next_start_marks_it_before_anything_else()
    {
        using (KeptRun run = Begun("protocol=line", out _))
            run.End(Snapshot(("a:1", null), ("b:1", "Backlog")));
        Assert.Contains("2607 behind at the end: b:1 (from request 7 on, Backlog); the next start knows it", _log.Lines);
        using (Begun("protocol=line", out Broadcaster plane))
            Assert.Equal((0, 1), (plane.CloseGaps(AdminUnderTest.Of("a:1")), plane.CloseGaps(AdminUnderTest.Of("b:1"))));
        Assert.Contains("2605 behind since an earlier run: b:1 (from request 7 on, Backlog); they do not vote before they are made equal", _log.Lines);
    }

    [Fact]
    public void Who_was_given_a_gap_of_an_earlier_run_has_its_own_reason_again_at_the_next()
    {
        for (int i = 0; i < 3; i++)
        {
            using KeptRun run = Begun("protocol=line", out Broadcaster plane);
            Assert.Equal(i == 0 ? 0 : 1, plane.CloseGaps());
            run.End(Snapshot(("a:1", i == 0 ? "Backlog" : "Earlier")));
        }

        Assert.Equal("Backlog", Assert.Single(OnDisk().Gaps).Reason);
    }

    [Fact]
    public void Without_a_directory_the_end_says_that_the_next_start_does_not_know_it()
    {
        using KeptRun run = KeptRun.Open(Settings("protocol=line", ""), _log, _time);
        run.Begin(Plane("protocol=line"));
        run.End(Snapshot(("a:1", "Backlog")));
        Assert.Equal(["2607 behind at the end: a:1 (from request 7 on, Backlog); without state_directory the next start does not know it: make them equal before"], _log.Lines);
        Assert.Null(run.Ordered(AdminUnderTest.Of("a:1"), BackendOrder.Disabled));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void A_run_that_did_not_say_how_it_ended_leaves_it_unknown_who_was_behind()
    {
        KeptRun killed = Begun("protocol=line", out _);
        Assert.Equal(RunEnd.Running, OnDisk().Run);
        killed.Dispose();
        using (Begun("protocol=line", out Broadcaster plane))
            Assert.Equal(0, plane.CloseGaps());
        Assert.Contains("2604 the run before did not say how it ended: unknown who was behind; known gaps: none", _log.Lines);
    }

    [Fact]
    public void A_disk_that_is_full_at_the_start_does_not_make_a_kill_look_like_an_end()
    {
        using (KeptRun run = Begun("protocol=line", out _))
            run.End(Snapshot(("a:1", "Backlog")));
        string before = File.ReadAllText(FilePath);
        File.CreateSymbolicLink(FilePath + ".new", "/dev/full");
        KeptRun killed = KeptRun.Open(Settings("protocol=line"), _log, _time);
        killed.Begin(Plane("protocol=line"));
        Assert.Equal(before.Replace("stopped", "running", StringComparison.Ordinal), File.ReadAllText(FilePath));
        Assert.Equal((RunEnd.Running, 1), (OnDisk().Run, OnDisk().Gaps.Length));
        killed.Dispose();
    }

    [Fact]
    public void In_raw_no_gaps_are_known_and_those_of_before_are_kept_for_later()
    {
        using (KeptRun run = Begun("protocol=line", out _))
            run.End(Snapshot(("a:1", "Backlog")));
        using (KeptRun raw = Begun("protocol=raw", out Broadcaster plane))
        {
            Assert.Equal(0, plane.CloseGaps());
            raw.End(Snapshot(("a:1", null)));
        }

        Assert.Equal("a:1", Assert.Single(OnDisk().Gaps).Address.ToString());
    }

    [Fact]
    public async Task A_gap_that_is_closed_is_closed_on_disk_also_of_a_server_that_is_not_there()
    {
        using (KeptRun run = Begun("protocol=line", out _))
            run.End(Snapshot(("a:1", "Backlog"), ("b:1", "Backlog")));
        using KeptRun next = Begun("protocol=line", out _);
        Assert.True(next.HasGap(AdminUnderTest.Of("a:1")));
        Assert.Null(await next.GapsClosed(AdminUnderTest.Of("a:1"))!.WaitAsync(Deadline.Default));
        Assert.False(next.HasGap(AdminUnderTest.Of("a:1")));
        Assert.Equal("b:1", Assert.Single(OnDisk().Gaps).Address.ToString());
        Assert.Null(await next.GapsClosed(null)!.WaitAsync(Deadline.Default));
        Assert.Empty(OnDisk().Gaps);
    }

    [Fact]
    public async Task The_list_is_the_same_URLs_and_parameters_and_its_secrets_are_not_in_the_file()
    {
        string[] list = ["servers_autoupdate=true", $"servers_autoupdate_url={Url}", "servers_autoupdate_parameters=group=1&secret=hunter4"];
        using (KeptRun run = Begun("protocol=line", out _, list))
        {
            run.Listed([AdminUnderTest.Of("a:1"), AdminUnderTest.Of("b:1"), AdminUnderTest.Of("a:1")], Settings("protocol=line", null, list));
            await run.Ordered(AdminUnderTest.Of("a:1"), BackendOrder.Disabled)!.WaitAsync(Deadline.Default);
        }

        Assert.Equal("a:1, b:1", string.Join(", ", OnDisk().List!.Servers));
        Assert.DoesNotContain("hunter2", File.ReadAllText(FilePath), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter4", File.ReadAllText(FilePath), StringComparison.Ordinal);
        using KeptRun next = Begun("protocol=line", out _, list);
        Assert.Equal("a:1, b:1", string.Join(", ", next.With(Settings("protocol=line", null, list)).Kept!.Addresses));
        foreach (string other in (string[])["servers_autoupdate_parameters=group=2&secret=hunter4", $"servers_autoupdate_url={Url}4", "servers_autoupdate_parameters="])
            Assert.Null(next.With(Settings("protocol=line", null, [.. list, other])).Kept);
    }

    /// <summary>A path is on each machine another, and a stream's servers are one to all its broadcasters: what was ordered before there was one is not taken.</summary>
    [Fact]
    public async Task With_a_stream_no_path_of_an_earlier_run_is_a_server()
    {
        string[] list = ["servers_autoupdate=true", $"servers_autoupdate_url={Url}"];
        BackendAddress path = AdminUnderTest.Of("unix:/run/redis.sock");
        using (KeptRun run = Begun("protocol=line", out _, list))
        {
            run.Listed([AdminUnderTest.Of("a:1"), path], Settings("protocol=line", null, list));
            await run.Ordered([AdminUnderTest.Of("b:1"), path], [])!.WaitAsync(Deadline.Default);
        }

        using KeptRun next = Begun("protocol=line", out _, list);
        MembershipSettings without = next.With(Settings("protocol=line", null, list));
        Assert.Equal(("b:1, unix:/run/redis.sock", "a:1, unix:/run/redis.sock"), (string.Join(", ", without.Added), string.Join(", ", without.Kept!.Addresses)));
        Assert.DoesNotContain(_log.Lines, static line => line.StartsWith("2610 ", StringComparison.Ordinal));
        MembershipSettings with = next.With(Settings("protocol=line", null, [.. list, "log=nats://a:4222/orders"]));
        Assert.Equal(("b:1", null), (string.Join(", ", with.Added), with.Kept));
        Assert.Equal(2, _log.Lines.Count(static line => line.StartsWith("2610 of an earlier run and not used: server unix:/run/redis.sock is a path of this machine alone", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_list_that_does_not_change_is_confirmed_on_disk_in_its_time()
    {
        string[] list = ["servers_autoupdate=true", $"servers_autoupdate_url={Url}", "servers_keep_max=80"];
        using KeptRun run = Begun("protocol=line", out _, list);
        DateTimeOffset first = _time.GetUtcNow();
        foreach ((int seconds, int known) in ((int, int)[])[(0, 0), (9, 0), (1, 10), (9, 10), (1, 20)])
        {
            _time.Advance(TimeSpan.FromSeconds(seconds));
            run.Listed([AdminUnderTest.Of("a:1")], Settings("protocol=line", null, list));
            await run.Ordered([], [])!.WaitAsync(Deadline.Default);
            Assert.Equal(first + TimeSpan.FromSeconds(known), OnDisk().List!.Time);
        }
    }

    [Fact]
    public void A_directory_that_cannot_be_had_ends_the_start_with_a_sentence_and_a_status()
    {
        StartException none = Assert.Throws<StartException>(() => KeptRun.Open(Settings("protocol=line", "/proc/none"), _log, _time));
        Assert.StartsWith("state_directory=/proc/none does not exist", none.Message, StringComparison.Ordinal);
        Assert.Equal(ExitStatus.Configuration, none.Status);
        using KeptRun run = KeptRun.Open(Settings("protocol=line"), _log, _time);
        StartException taken = Assert.Throws<StartException>(() => KeptRun.Open(Settings("protocol=line"), _log, _time));
        Assert.Equal((ExitStatus.Unavailable, $"state_directory={_folder.Path} is another broadcaster's, which runs"), (taken.Status, taken.Message));
    }

    [Fact]
    public void A_successor_has_the_lock_and_what_was_kept_and_the_one_before_writes_no_more()
    {
        using (KeptRun run = Begun("protocol=line", out _))
            run.End(Snapshot(("a:1", "Backlog")));
        KeptRun old = Begun("protocol=line", out _);
        var handed = new Microsoft.Win32.SafeHandles.SafeFileHandle(State.Descriptors.Duplicate((int)old.Lock!.DangerousGetHandle()), ownsHandle: true);
        old.LetGo();
        using KeptRun next = KeptRun.Open(Settings("protocol=line"), _log, _time, new Inheritance { Lock = handed, LockPath = _folder.Path });
        old.Dispose();
        int said = _log.Lines.Count;
        Broadcaster plane = Plane("protocol=line");
        next.Begin(plane);
        Assert.Equal(1, plane.CloseGaps(AdminUnderTest.Of("a:1")));
        Assert.DoesNotContain(_log.Lines.Skip(said), line => line.StartsWith("2604", StringComparison.Ordinal) || line.StartsWith("2605", StringComparison.Ordinal));
        next.End(Snapshot(("a:1", "Earlier")));
        Assert.Equal(RunEnd.Stopped, OnDisk().Run);
    }

    public void Dispose()
    {
        foreach (Broadcaster plane in _planes)
            plane.Dispose();
        _folder.Dispose();
    }

    private string FilePath => Path.Combine(_folder.Path, StateDirectory.FileName);

    private KeptState OnDisk() => StateText.Read(File.ReadAllBytes(FilePath), out string? fault) ?? throw new ExpectationException(fault!);

    private HostSettings Settings(string protocol, string? directory = null, params string[] more) =>
        Reading.OfSets([Reading.Servers, protocol, $"state_directory={directory ?? _folder.Path}", .. more]).Good();

    private Broadcaster Plane(string protocol)
    {
        _planes.Add(new Broadcaster(Settings(protocol).Broadcast, _log, TimeProvider.System, _lookups));
        return _planes[^1];
    }

    private KeptRun Begun(string protocol, out Broadcaster plane, params string[] more)
    {
        KeptRun run = KeptRun.Open(Settings(protocol, null, more), _log, _time);
        run.Begin(plane = Plane(protocol));
        return run;
    }

    private static BroadcastSnapshot Snapshot(params (string Address, string? Gap)[] servers) => AdminUnderTest.Snapshot() with
    {
        Backends =
        [
            .. servers.Select(static server => new BackendSnapshot
            {
                Address = AdminUnderTest.Of(server.Address),
                Standing = new FramedStanding(true, true, false, server.Gap, server.Gap is null ? -1 : 7, 0, 0, 0),
            }),
        ],
    };
}
