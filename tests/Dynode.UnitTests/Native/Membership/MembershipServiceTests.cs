using System.Collections.Concurrent;
using Dynode.Broadcast.Backends;
using Dynode.Native.Membership;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Dynode.UnitTests.Native.Membership;

public sealed class MembershipServiceTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly FakeTimeProvider _time = new();
    private readonly Script _script = new();
    private readonly BlockingCollection<BackendSet> _applied = [];

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
        });
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
        using var membership = new MembershipService(Settings(10), NullLogger.Instance, _time, () => _script);
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

    public void Dispose() => _script.Dispose();

    private MembershipService Start(double refresh)
    {
        var membership = new MembershipService(Settings(refresh), NullLogger.Instance, _time, () => _script);
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
