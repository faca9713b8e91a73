using System.Collections.Concurrent;
using Dynode.Broadcast.Backends;
using Dynode.Native.Membership;
using Dynode.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Native.Membership;

public sealed class MembershipServiceTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly FakeTimeProvider _time = new();
    private readonly Script _script = new();
    private readonly BlockingCollection<BackendSet> _applied = [];
    private readonly ScriptedNames _names = new();
    private readonly NameLookups _lookups;

    public MembershipServiceTests() => _lookups = new NameLookups(_names.Look, 4, TimeProvider.System);

    [Fact]
    public void The_next_request_comes_after_the_refresh_and_not_before()
    {
        using var membership = Start(refresh: 10);
        _script.Answer(Good("a:1"));
        TakeApplied();
        Assert.Empty(_script.Asked);
        AdvanceUntilAsked(TimeSpan.FromSeconds(10));
        _script.Answer(Good("b:1"));
        Assert.Equal("b:1", TakeApplied());
    }

    [Fact]
    public void With_refresh_0_nothing_is_asked_after_the_first_success()
    {
        using var membership = Start(refresh: 0);
        _script.Answer(Good("a:1"));
        TakeApplied();
        _time.Advance(TimeSpan.FromDays(1));
        membership.Update(Settings(0));
        _script.Answer(Good("b:1"));
        Assert.Equal("b:1", TakeApplied());
        Assert.Equal(2, _script.Count);
    }

    [Fact]
    public void An_answer_that_comes_after_a_reload_is_not_taken()
    {
        using var membership = Start(refresh: 10);
        _script.TakeAsked();
        membership.Update(Settings(10));
        // The old request's verdict, then the new one's.
        _script.Verdicts.Add(Good("old:1"));
        _script.TakeAsked();
        _script.Verdicts.Add(Good("new:1"));
        Assert.Equal("new:1", TakeApplied());
        Assert.Empty(_applied);
    }

    [Fact]
    public void A_client_is_made_only_with_auto_update_and_given_back_without_it()
    {
        int made = 0;
        using var membership = new MembershipService(new MembershipSettings { Servers = [Address("a:1")] }, NullLogger.Instance, _time, () =>
        {
            made++;
            return _script;
        }, _lookups);
        membership.Start(_applied.Add);
        Assert.Equal("a:1", TakeApplied());
        Assert.Equal(0, made);
        membership.Update(Settings(10));
        _script.Answer(Good("b:1"));
        Assert.Equal("b:1", TakeApplied());
        membership.Update(new MembershipSettings { Servers = [Address("c:1")] });
        Assert.Equal("c:1", TakeApplied());
        Assert.True(_script.Disposed.Wait(Patience));
        Assert.Equal(1, made);
    }

    [Fact]
    public void A_list_that_names_the_broadcaster_itself_is_none_and_the_last_good_one_stays()
    {
        using var membership = new MembershipService(Settings(10), NullLogger.Instance, _time, () => _script, _lookups);
        membership.Start(_applied.Add, address => address == Address("me:1"));
        _script.Answer(Good("a:1"));
        Assert.Equal("a:1", TakeApplied());
        AdvanceUntilAsked(TimeSpan.FromSeconds(10));
        _script.Answer(ListVerdict.Good([Address("a:1"), Address("me:1")]));

        // Sooner than a refresh: it is a fault.
        AdvanceUntilAsked(TimeSpan.Zero);
        Assert.Empty(_applied);
        _script.Answer(Good("b:1"));
        Assert.Equal("b:1", TakeApplied());
    }

    [Fact]
    public void A_fault_of_ours_does_not_end_membership()
    {
        using var membership = Start(refresh: 10);
        _script.TakeAsked();
        _script.Verdicts.Add(default);
        AdvanceUntilAsked(TimeSpan.FromSeconds(10));
        _script.Answer(Good("a:1"));
        Assert.Equal("a:1", TakeApplied());
    }

    [Fact]
    public void The_list_that_was_kept_is_used_when_the_first_request_fails_and_the_URLs_own_follows()
    {
        var log = new LogLinesSink();
        using var membership = Start(With(Kept("k:1, l:1")), log);
        _script.Answer(ListVerdict.Bad("HTTP 503"));
        Assert.Equal("k:1, l:1", TakeApplied());
        Assert.Equal((true, TimeSpan.FromHours(1)), (membership.Now.IsKept, membership.Now.Age));
        Assert.Equal(
            ["3010 no server list from http://list.test/: HTTP 503; the last good set stays (fault 1 in a row)", "3015 the list that was kept 3600 s ago is used, until http://list.test/ gives one: k:1, l:1"],
            log.Lines.Where(static line => line.StartsWith("301", StringComparison.Ordinal) && !line.StartsWith("3013", StringComparison.Ordinal)));
        AdvanceUntilAsked(TimeSpan.Zero);
        Assert.Empty(_applied);
        _script.Answer(Good("a:1"));
        Assert.Equal("a:1", TakeApplied());
        Assert.False(membership.Now.IsKept);
    }

    [Fact]
    public void The_list_that_was_kept_is_not_used_when_the_URL_answers()
    {
        using var membership = Start(With(Kept("k:1")));
        _script.Answer(Good("a:1"));
        Assert.Equal("a:1", TakeApplied());
        Assert.False(membership.Now.IsKept);
    }

    [Theory]
    [InlineData(3599, false)]
    [InlineData(3600, true)]
    [InlineData(3601, true)]
    [InlineData(0, false)]
    public void The_list_that_was_kept_is_not_used_when_it_is_too_old(int secondsMax, bool isUsed)
    {
        var log = new LogLinesSink();
        using var membership = Start(With(Kept("k:1")) with { KeepMax = TimeSpan.FromSeconds(secondsMax) }, log);
        _script.Answer(ListVerdict.Bad("HTTP 503"));
        AdvanceUntilAsked(TimeSpan.Zero);
        Assert.Equal(isUsed, _applied.Count == 1);
        Assert.Equal(secondsMax == 3599, log.Lines.Any(static line => line.StartsWith("3016 ", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_list_that_was_kept_of_one_URL_is_not_used_for_another()
    {
        using var membership = Start(With(Kept("k:1")));
        _script.TakeAsked();
        membership.Update(Settings(10) with { Url = new Uri("http://other.test/") });
        _script.Verdicts.Add(ListVerdict.Bad("interrupted"));
        _script.Answer(ListVerdict.Bad("HTTP 503"));
        AdvanceUntilAsked(TimeSpan.Zero);
        Assert.Empty(_applied);
    }

    [Fact]
    public void A_list_that_takes_most_servers_away_is_taken_when_it_has_come_three_times_five_seconds_apart()
    {
        using var membership = Start(Settings(1000));
        _script.Answer(List("a:1, b:1, c:1, d:1"));
        Assert.Equal("a:1, b:1, c:1, d:1", TakeApplied());
        AdvanceUntilAsked(TimeSpan.FromSeconds(1000));
        for (int i = 1; i <= 2; i++)
        {
            _script.Answer(List("a:1"));
            AdvanceUntilAsked(ShrinkGuard.Interval);
            Assert.Empty(_applied);
            Assert.Equal(i, membership.Now.Faults);
            Assert.Equal($"it takes 3 of 4 servers away, more than servers_shrink_max allows at once ({i} of 3 times; a reload takes it at once)", membership.Now.LastFault);
        }

        _script.Answer(List("a:1"));
        Assert.Equal("a:1", TakeApplied());
    }

    [Fact]
    public void A_reload_takes_a_list_that_takes_most_servers_away_at_once()
    {
        using var membership = Start(Settings(10));
        _script.Answer(List("a:1, b:1, c:1, d:1"));
        TakeApplied();
        AdvanceUntilAsked(TimeSpan.FromSeconds(10));
        _script.Answer(List("a:1"));
        AdvanceUntilAsked(ShrinkGuard.Interval);
        membership.Update(Settings(10));
        _script.Verdicts.Add(ListVerdict.Bad("interrupted"));
        _script.Answer(List("a:1"));
        Assert.Equal("a:1", TakeApplied());
    }

    [Fact]
    public void At_a_start_the_list_that_was_kept_is_what_a_list_may_take_away_from()
    {
        using var membership = Start(With(Kept("a:1, b:1, c:1, d:1")));
        _script.Answer(List("a:1"));
        Assert.Equal("a:1, b:1, c:1, d:1", TakeApplied());
        Assert.True(membership.Now.IsKept);
        AdvanceUntilAsked(ShrinkGuard.Interval);
        _script.Answer(List("a:1, b:1, e:1"));
        Assert.Equal("a:1, b:1, e:1", TakeApplied());
    }

    [Fact]
    public void Whoever_wants_to_know_is_told_of_each_good_list_and_of_no_other()
    {
        var told = new BlockingCollection<string>();
        using var membership = new MembershipService(With(Kept("k:1")), NullLogger.Instance, _time, () => _script, _lookups);
        membership.Start(_applied.Add, listed: list => told.Add(string.Join(", ", list)));
        _script.Answer(ListVerdict.Bad("HTTP 503"));
        AdvanceUntilAsked(TimeSpan.Zero);
        _script.Answer(List("a:1, b:1"));
        Assert.True(told.TryTake(out string? first, Patience));
        Assert.Equal("a:1, b:1", first);
        Assert.Empty(told);
    }

    [Fact]
    public void Every_address_of_a_name_is_a_server_in_the_order_of_their_bytes()
    {
        _names.Set("redis.test", "::2", "10.0.0.10", "::ffff:10.0.0.9", "10.0.0.10");
        using var membership = Start(Named("a:1", "redis.test:6379"));
        Assert.Equal("a:1, 10.0.0.9:6379, 10.0.0.10:6379, [::2]:6379", TakeApplied());
        Assert.True(membership.Now.IsNamed(Address("10.0.0.9:6379")));
        Assert.False(membership.Now.IsNamed(Address("a:1")));
        Assert.Equal(0, _names.OnPool);
    }

    [Fact]
    public void A_name_is_asked_again_after_its_refresh_and_an_answer_without_addresses_keeps_the_last_good_one()
    {
        _names.Set("redis.test", "10.0.0.1", "10.0.0.2");
        using var membership = Start(Named("redis.test:1"));
        Assert.Equal("10.0.0.1:1, 10.0.0.2:1", TakeApplied());
        foreach (Action spoil in (Action[])[() => _names.Remove("redis.test"), () => _names.Set("redis.test")])
        {
            spoil();
            AdvanceUntilLookedUp();
            AdvanceUntilLookedUp();
            Assert.Empty(_applied);
            Assert.StartsWith("dns:redis.test:1: the name ", membership.Now.LastFault, StringComparison.Ordinal);
        }

        _names.Set("redis.test", "10.0.0.2", "10.0.0.3");
        AdvanceUntilLookedUp();
        Assert.Equal("10.0.0.2:1, 10.0.0.3:1", TakeApplied());
    }

    [Fact]
    public void A_name_that_gives_nothing_at_the_start_holds_the_set_back_and_says_so()
    {
        var log = new LogLinesSink();
        using var membership = Start(Named("a:1", "redis.test:1"), log);
        AdvanceUntilLookedUp();
        AdvanceUntilLookedUp();
        Assert.Empty(_applied);
        Assert.Contains(log.Lines, line => line.StartsWith("3017 no servers from dns:redis.test:1: the name does not resolve (", StringComparison.Ordinal));
        _names.Set("redis.test", "10.0.0.1");
        AdvanceUntilLookedUp();
        Assert.Equal("a:1, 10.0.0.1:1", TakeApplied());
    }

    [Fact]
    public void A_name_whose_DNS_is_silent_holds_up_neither_the_list_nor_another_name()
    {
        _names.Silence("silent.test");
        _names.Set("redis.test", "10.0.0.1");
        using var membership = Start(Named("redis.test:1") with { AutoUpdate = true, Url = new Uri("http://list.test/") });
        _script.Answer(Good("a:1"));
        Assert.Equal("10.0.0.1:1, a:1", TakeApplied());
        membership.Update(Named("redis.test:1", "silent.test:1") with { AutoUpdate = true, Url = new Uri("http://list.test/") });
        _script.Answer(Good("b:1"));
        Assert.Equal("10.0.0.1:1, b:1", TakeApplied());
        _names.Set("redis.test", "10.0.0.2");
        PassUntilApplied();
        Assert.Equal("10.0.0.2:1, b:1", TakeApplied());

        // So much time has passed by now that it may be between two questions.
        _names.Set("silent.test", "10.0.0.9");
        PassUntilApplied();
        Assert.Equal("10.0.0.2:1, 10.0.0.9:1, b:1", TakeApplied());

        void PassUntilApplied() => SpinWait.SpinUntil(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                if (_script.Asked.Count > 0)
                    _script.Answer(Good("b:1"));
                return _applied.Count > 0;
            },
            Patience);
    }

    [Fact]
    public void A_name_that_leads_to_the_broadcaster_itself_leads_to_no_servers()
    {
        _names.Set("redis.test", "10.0.0.1", "10.0.0.2");
        using var membership = new MembershipService(Named("redis.test:1"), NullLogger.Instance, _time, () => _script, _lookups);
        membership.Start(_applied.Add, address => address == Address("10.0.0.2:1"));
        AdvanceUntilLookedUp();
        AdvanceUntilLookedUp();
        Assert.Empty(_applied);
        Assert.Equal("dns:redis.test:1: one of its addresses is this broadcaster itself: 10.0.0.2:1", membership.Now.LastFault);
    }

    [Fact]
    public void With_dns_refresh_0_a_name_is_asked_again_by_a_reload_alone()
    {
        _names.Set("redis.test", "10.0.0.1");
        MembershipSettings settings = Named("redis.test:1") with { NameRefresh = TimeSpan.Zero };
        using var membership = Start(settings);
        Assert.Equal("10.0.0.1:1", TakeApplied());
        _names.Set("redis.test", "10.0.0.2");
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(1, _names.Asked("redis.test"));
        membership.Update(settings);
        Assert.Equal("10.0.0.2:1", TakeApplied());
    }

    [Theory]
    [InlineData(NamedServers.AddressesMax - 1, true)]
    [InlineData(NamedServers.AddressesMax, true)]
    [InlineData(NamedServers.AddressesMax + 1, false)]
    public void A_name_has_so_many_addresses_at_most(int count, bool isGood)
    {
        var answer = new LookupAnswer([.. Enumerable.Range(0, count).Select(static i => new System.Net.IPAddress([10, 0, (byte)(i >> 8), (byte)i]))], null, LookupPast.Prompt);
        ListVerdict verdict = NamedServers.Read(Address("redis.test:1"), answer, static _ => false);
        Assert.Equal(isGood, verdict.IsGood);
        Assert.Equal(isGood ? count : 0, verdict.Addresses.Length);
    }

    [Fact]
    public void Orders_that_leave_no_server_are_said_once()
    {
        var log = new LogLinesSink();
        var settings = new MembershipSettings { Servers = [Address("a:1")], Removed = [Address("a:1")] };
        using var membership = Start(settings, log);
        membership.Update(settings);
        Assert.Empty(_applied);
        Assert.Equal(["3019 no server is left: operators have removed all of them; dynode add ADDRESS takes one back"], log.Lines);
        Assert.True(membership.TryAdd(Address("a:1"), 10));
        Assert.Equal("a:1", TakeApplied());
    }

    public void Dispose()
    {
        _script.Dispose();
        _names.Dispose();
    }

    private MembershipService Start(MembershipSettings settings, Microsoft.Extensions.Logging.ILogger? log = null)
    {
        var membership = new MembershipService(settings, log ?? NullLogger.Instance, _time, () => _script, _lookups);
        membership.Start(_applied.Add);
        return membership;
    }

    private void AdvanceUntilLookedUp()
    {
        int asked = _names.Asked("redis.test");
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                Thread.Yield();
                return _names.Asked("redis.test") > asked;
            },
            Patience));
    }

    private KeptServers Kept(string servers) => new(List(servers).Addresses, _time.GetUtcNow() - TimeSpan.FromHours(1));

    private static MembershipSettings With(KeptServers kept) => Settings(10) with { Kept = kept };

    private static MembershipSettings Named(params string[] servers) => new()
    {
        Servers = [.. servers.Select(Address)],
        Names = [.. servers.Where(server => server.Contains(".test", StringComparison.Ordinal)).Select(Address)],
    };

    private static ListVerdict List(string servers) => ListVerdict.Good([.. servers.Split(", ").Select(Address)]);

    private MembershipService Start(double refresh)
    {
        var membership = new MembershipService(Settings(refresh), NullLogger.Instance, _time, () => _script, _lookups);
        membership.Start(_applied.Add);
        return membership;
    }

    // The thread sets its timer when it comes to it, so the clock goes on in steps until it has rung; never less than the refresh.
    private void AdvanceUntilAsked(TimeSpan refresh)
    {
        DateTimeOffset start = _time.GetUtcNow();
        bool asked = SpinWait.SpinUntil(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                Thread.Yield();
                return _script.Asked.Count > 0;
            },
            Patience);
        Assert.True(asked);
        Assert.True(_time.GetUtcNow() - start >= refresh);
    }

    private string TakeApplied()
    {
        Assert.True(_applied.TryTake(out BackendSet? set, Patience), "nothing was applied");
        return set.ToString();
    }

    private static MembershipSettings Settings(double refresh) =>
        new() { AutoUpdate = true, Url = new Uri("http://list.test/"), Refresh = TimeSpan.FromSeconds(refresh) };

    private static ListVerdict Good(string server) => ListVerdict.Good([Address(server)]);

    private static BackendAddress Address(string text) =>
        BackendAddress.TryParse(text, out BackendAddress? address, out string? fault) ? address : throw new ArgumentException(fault);

    /// <summary>A source whose verdicts the test hands out, one by one.</summary>
    private sealed class Script : IListSource
    {
        public BlockingCollection<ListVerdict> Verdicts { get; } = [];

        public BlockingCollection<ListRequest> Asked { get; } = [];

        public ManualResetEventSlim Disposed { get; } = new();

        public int Count { get; private set; }

        public ListVerdict Fetch(ListRequest request, TimeSpan timeout, CancellationToken interrupted)
        {
            Count++;
            Asked.Add(request, CancellationToken.None);
            if (!Verdicts.TryTake(out ListVerdict verdict, Patience))
                return ListVerdict.Bad("the test is over");
            return verdict.Addresses.IsDefault ? throw new InvalidOperationException("a bug") : verdict;
        }

        public void TakeAsked() => Assert.True(Asked.TryTake(out _, Patience), "nothing was asked");

        public void Answer(ListVerdict verdict)
        {
            TakeAsked();
            Verdicts.Add(verdict);
        }

        public void Dispose() => Disposed.Set();
    }
}
