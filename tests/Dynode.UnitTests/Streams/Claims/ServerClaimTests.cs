using System.Text;
using Dynode.Streams;
using Dynode.Streams.Claims;
using Dynode.TestKit;
using Dynode.TestKit.Streams;

namespace Dynode.UnitTests.Streams.Claims;

/// <summary>One broadcaster's claim to one server: who has it, for how long, and what is kept with it.</summary>
public sealed class ServerClaimTests : IAsyncDisposable
{
    private const string Server = "10.0.0.1:6379";
    private const string Mine = "000000000000000a";
    private const string Theirs = "000000000000000b";
    private const int LeaseSeconds = 12;

    private static readonly string Key = ClaimedServer.KeyOf(Server);

    private readonly ScriptedKeys _keys = new();
    private readonly LookClock _time = new();
    private readonly List<ServerClaim> _claims = [];
    private int _changes;

    [Fact]
    public async Task A_server_that_nobody_claims_is_held_at_the_first_look()
    {
        var claim = await ClaimAsync();
        Assert.Equal(ClaimState.Held, claim.State);
        Assert.Null(claim.Place);
        Assert.Equal(1, _changes);
        Assert.Equal(new ClaimedServer(Mine, "here", false, null), await WrittenAsync());
    }

    [Fact]
    public async Task It_is_not_known_who_has_it_while_the_keys_do_not_answer()
    {
        _keys.IsAway = true;
        var claim = Claim(_keys, Mine);
        await Eventually.True(() => _time.Begun == 1);
        Assert.Equal(ClaimState.Asked, claim.State);
        await _time.PassAsync(TimeSpan.FromSeconds(LeaseSeconds / 3));
        Assert.Equal(ClaimState.Asked, claim.State);
        Assert.Equal("the engine does not answer", claim.Text);
        _keys.IsAway = false;
        await _time.PassAsync(1);
        Assert.Equal(ClaimState.Held, claim.State);
        Assert.Equal("", claim.Text);
    }

    /// <summary>Whoever has it next ends it, whatever has become of the server's own data.</summary>
    [Fact]
    public async Task The_connection_is_kept_with_it_at_once_until_the_next_owner_has_one_and_by_whoever_has_none()
    {
        var first = await ClaimAsync();
        Assert.Null(first.Link);
        first.Linked(new ServerLink("run", 7));
        await Eventually.True(() => WrittenAsync().GetAwaiter().GetResult().Link == new ServerLink("run", 7));
        await first.ReleaseAsync(null, TestContext.Current.CancellationToken);
        Assert.Equal(new ServerLink("run", 7), (await WrittenAsync()).Link);
        var second = await ClaimAsync(Theirs, "there");
        Assert.Equal(new ServerLink("run", 7), second.Link);
        await second.ReleaseAsync(null, TestContext.Current.CancellationToken);
        var third = await ClaimAsync();
        third.Linked(new ServerLink("run", 9));
        await third.ReleaseAsync(null, TestContext.Current.CancellationToken);
        Assert.Equal(new ServerLink("run", 9), (await WrittenAsync()).Link);
    }

    /// <summary>From before the renewal was sent on: who waits for the lease's end counts from later.</summary>
    [Fact]
    public async Task It_is_overdue_a_lease_behind_the_last_renewal_and_no_more_when_it_is_renewed()
    {
        var claim = await ClaimAsync();
        await _time.PassAsync(LeaseSeconds);
        Assert.Equal(TimeSpan.Zero, claim.Overdue);
        int changes = _changes;
        _keys.IsAway = true;
        _time.Advance(TimeSpan.FromSeconds(LeaseSeconds - (LeaseSeconds / 3)));
        Assert.Equal(TimeSpan.Zero, claim.Overdue);
        _time.Advance(TimeSpan.FromSeconds((LeaseSeconds / 3) + 1));
        Assert.InRange(claim.Overdue, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1 + (LeaseSeconds / 3)));
        Assert.Equal(ClaimState.Held, claim.State);
        _keys.IsAway = false;
        await Eventually.True(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return claim.Overdue == TimeSpan.Zero;
        });
        await Eventually.True(() => Volatile.Read(ref _changes) > changes);
    }

    [Fact]
    public async Task Who_acquires_later_has_a_higher_epoch_also_where_the_key_was_removed_and_renewing_changes_none()
    {
        var first = await ClaimAsync();
        ulong epoch = first.Epoch;
        Assert.True(epoch > 0);
        await _time.PassAsync(2 * LeaseSeconds);
        Assert.Equal(epoch, first.Epoch);
        _keys.Remove(Key);
        await _time.PassAsync(LeaseSeconds);
        Assert.True(first.Epoch > epoch);
        epoch = first.Epoch;
        await first.ReleaseAsync(null, TestContext.Current.CancellationToken);
        Assert.True((await ClaimAsync(Theirs, "there")).Epoch > epoch);
    }

    [Fact]
    public async Task Whoever_renews_keeps_it_for_as_long_as_he_lives()
    {
        await ClaimAsync(Theirs, "there");
        var claim = await ClaimAsync();
        for (int i = 0; i < 5 * LeaseSeconds; i++)
        {
            await _time.PassAsync(1, claims: 2);
            Assert.Equal(ClaimState.Taken, claim.State);
            Assert.Equal("there", claim.Text);
        }
    }

    [Fact]
    public async Task What_was_not_renewed_for_a_whole_lease_is_anybodys_and_not_before()
    {
        await PutAsync(new ClaimedServer(Theirs, "there", false, Place(7)));
        var claim = await ClaimAsync();
        await _time.PassAsync(LeaseSeconds - 1);
        Assert.Equal(ClaimState.Taken, claim.State);
        await _time.PassAsync(1);
        Assert.Equal(ClaimState.Held, claim.State);
        Assert.Equal(Place(7), claim.Place);
        Assert.Equal(new ClaimedServer(Mine, "here", false, Place(7)), await WrittenAsync());
    }

    [Fact]
    public async Task A_renewal_at_the_last_moment_begins_the_lease_anew()
    {
        await PutAsync(new ClaimedServer(Theirs, "there", false, null));
        var claim = await ClaimAsync();
        await _time.PassAsync(LeaseSeconds - 1);
        await PutAsync(new ClaimedServer(Theirs, "there", false, Place(8)));
        await _time.PassAsync(LeaseSeconds);
        Assert.Equal(ClaimState.Taken, claim.State);
        await _time.PassAsync(1);
        Assert.Equal(ClaimState.Held, claim.State);
        Assert.Equal(Place(8), claim.Place);
    }

    [Fact]
    public async Task What_is_released_is_anybodys_at_once_with_its_last_place()
    {
        var claim = await ClaimAsync(Theirs, "there");
        claim.Stands(Place(1));
        await claim.ReleaseAsync(Place(2), TestContext.Current.CancellationToken);
        Assert.True((await WrittenAsync()).IsReleased);
        var next = await ClaimAsync();
        Assert.Equal(ClaimState.Held, next.State);
        Assert.Equal(Place(2), next.Place);
    }

    [Fact]
    public async Task A_release_writes_the_place_that_was_said_last_where_it_is_given_none()
    {
        var claim = await ClaimAsync();
        claim.Stands(Place(3));
        await claim.ReleaseAsync(null, TestContext.Current.CancellationToken);
        Assert.Equal(new ClaimedServer(Mine, "here", true, Place(3)), await WrittenAsync());
        await claim.ReleaseAsync(Place(4), TestContext.Current.CancellationToken);
        Assert.Equal(Place(3), (await WrittenAsync()).Place);
    }

    [Fact]
    public async Task A_release_after_a_renewal_of_which_no_answer_came_is_written_all_the_same()
    {
        var keys = new FaultyKeys(_keys);
        var claim = await ClaimAsync(keys: keys);
        await StandsAsync(claim, Place(2));
        claim.Stands(Place(3));
        keys.Unacknowledged = 1;
        await _time.PassAsync(1);
        Assert.Equal("the answer is lost", claim.Text);
        await claim.ReleaseAsync(null, TestContext.Current.CancellationToken);
        Assert.True((await WrittenAsync()).IsReleased);
    }

    [Fact]
    public async Task A_release_is_no_fault_while_the_keys_are_away()
    {
        var claim = await ClaimAsync();
        _keys.IsAway = true;
        using var patience = new CancellationTokenSource();
        var releasing = claim.ReleaseAsync(Place(2), patience.Token);
        await patience.CancelAsync();
        await releasing;
        Assert.False(claim.State == ClaimState.Held);
    }

    [Fact]
    public async Task What_another_has_taken_is_not_released()
    {
        var claim = await ClaimAsync();
        await PutAsync(new ClaimedServer(Theirs, "there", false, Place(9)));
        await claim.ReleaseAsync(Place(2), TestContext.Current.CancellationToken);
        Assert.Equal(new ClaimedServer(Theirs, "there", false, Place(9)), await WrittenAsync());
    }

    [Fact]
    public async Task A_place_is_written_within_a_second_when_it_has_moved_and_not_again_when_it_has_not()
    {
        var claim = await ClaimAsync();
        await StandsAsync(claim, Place(5));
        Assert.Equal(Place(5), (await WrittenAsync()).Place);
        ulong revision = await RevisionAsync();
        for (int i = 0; i < (LeaseSeconds / 3) - 1; i++)
        {
            // Another copy of the same.
            claim.Stands(Place(5));
            await _time.PassAsync(1);
            Assert.Equal(revision, await RevisionAsync());
        }

        await _time.PassAsync(1);
        Assert.Equal(revision + 1, await RevisionAsync());
    }

    [Fact]
    public async Task An_own_renewal_of_which_no_answer_came_is_known_for_ones_own()
    {
        var keys = new FaultyKeys(_keys);
        var claim = await ClaimAsync(keys: keys);
        for (ulong number = 1; number < 4; number++)
        {
            keys.Unacknowledged = 1;
            if (number == 1)
                await StandsAsync(claim, Place(number));
            else
                claim.Stands(Place(number));
            await _time.PassAsync(2);
            Assert.Equal(ClaimState.Held, claim.State);
            Assert.Equal(Place(number), (await WrittenAsync()).Place);
        }

        // It was held, and its first place was written.
        Assert.Equal(2, _changes);
    }

    [Fact]
    public async Task An_own_claim_of_which_no_answer_came_is_known_for_ones_own_and_needs_no_lease_to_run_out()
    {
        await PutAsync(new ClaimedServer(Theirs, "there", true, Place(4)));
        var keys = new FaultyKeys(_keys) { Unacknowledged = 1 };
        var claim = await ClaimAsync(keys: keys);
        Assert.Equal(ClaimState.Asked, claim.State);
        await _time.PassAsync(1);
        Assert.Equal(ClaimState.Held, claim.State);
        Assert.Equal(Place(4), claim.Place);
    }

    [Fact]
    public async Task It_is_lost_when_another_has_taken_it_and_asked_for_again()
    {
        var claim = await ClaimAsync();
        await PutAsync(new ClaimedServer(Theirs, "there", false, Place(9)));
        await StandsAsync(claim, Place(2));
        Assert.Equal(ClaimState.Lost, claim.State);
        Assert.Equal("there", claim.Text);
        Assert.Equal(2, _changes);
        await _time.PassAsync(1);
        Assert.Equal(ClaimState.Taken, claim.State);
        Assert.Equal(Place(9), (await WrittenAsync()).Place);
        await _time.PassAsync(LeaseSeconds);
        Assert.Equal(ClaimState.Held, claim.State);
        Assert.Equal(Place(9), claim.Place);
    }

    [Fact]
    public async Task Who_has_it_stays_known_while_the_keys_are_away()
    {
        await PutAsync(new ClaimedServer(Theirs, "there", false, Place(9)));
        var claim = await ClaimAsync();
        Assert.Equal(ClaimState.Taken, claim.State);
        _keys.IsAway = true;
        int begun = _time.Begun;
        _time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.True(() => _time.Begun > begun);
        await _time.PassAsync(TimeSpan.FromSeconds(LeaseSeconds / 3));
        Assert.Equal((ClaimState.Taken, "there"), (claim.State, claim.Text));
    }

    [Fact]
    public async Task A_key_that_somebody_has_removed_is_written_anew_with_the_place_by_who_holds_the_server()
    {
        var claim = await ClaimAsync();
        await StandsAsync(claim, Place(6));
        _keys.Remove(Key);
        await _time.PassAsync(LeaseSeconds / 3);
        Assert.Equal(ClaimState.Held, claim.State);

        // It was held, and its first place was written.
        Assert.Equal(2, _changes);
        Assert.Equal(new ClaimedServer(Mine, "here", false, Place(6)), await WrittenAsync());
    }

    /// <summary>Whoever dies from then on leaves the server a place; all later ones have time.</summary>
    [Fact]
    public async Task The_first_place_is_written_without_a_wait_and_said_to_be()
    {
        var claim = await ClaimAsync();
        Assert.Null(claim.Written);
        await StandsAsync(claim, Place(1));
        Assert.Equal(Place(1), claim.Written);
        Assert.Equal(Place(1), (await WrittenAsync()).Place);
        claim.Stands(Place(2));
        Assert.Equal(Place(1), (await WrittenAsync()).Place);
        await _time.PassAsync(1);
        await Eventually.True(() => claim.Written == Place(2));
        await Eventually.True(() => _changes == 2);
    }

    [Fact]
    public async Task It_goes_on_with_what_it_has_while_the_keys_are_away_for_however_long()
    {
        var claim = await ClaimAsync();
        await StandsAsync(claim, Place(1));
        _keys.IsAway = true;
        claim.Stands(Place(2));
        for (int i = 0; i < LeaseSeconds; i++)
        {
            int begun = _time.Begun;
            _time.Advance(TimeSpan.FromSeconds(1));
            await Eventually.True(() => _time.Begun > begun);
            await _time.PassAsync(TimeSpan.FromSeconds(LeaseSeconds / 3));
            Assert.Equal(ClaimState.Held, claim.State);
        }

        _keys.IsAway = false;
        await _time.PassAsync(1);
        Assert.Equal(ClaimState.Held, claim.State);
        Assert.Equal("", claim.Text);
        Assert.Equal(Place(2), (await WrittenAsync()).Place);

        // It was held, its first place was written, and it was renewed though it was overdue.
        Assert.Equal(3, _changes);
    }

    /// <summary>The server was removed and added again at once.</summary>
    [Fact]
    public async Task A_release_never_writes_over_a_new_claim_of_the_same_broadcaster()
    {
        var before = await ClaimAsync();
        await StandsAsync(before, Place(3));
        var after = await ClaimAsync();
        Assert.Equal(ClaimState.Held, after.State);
        await before.ReleaseAsync(null, TestContext.Current.CancellationToken);
        Assert.False((await WrittenAsync()).IsReleased);
        Assert.Equal(ClaimState.Held, after.State);
    }

    /// <summary>It was to be given up, and another took it before that was written: when it is had again later it is not given up once more.</summary>
    [Fact]
    public async Task What_was_to_be_yielded_and_was_lost_before_is_kept_when_it_is_had_again()
    {
        var keys = new FaultyKeys(_keys);
        var claim = await ClaimAsync(keys: keys);
        await StandsAsync(claim, Place(1));
        int before = _time.Looks;
        keys.BeforePut = async () =>
        {
            keys.BeforePut = null;
            claim.Yield();
            await PutAsync(new ClaimedServer(Theirs, "there", false, Place(9)));
        };
        claim.Stands(Place(2));
        _time.Advance(TimeSpan.FromSeconds(1));
        await Eventually.True(() => _time.Looks >= before + 2);
        Assert.Equal(ClaimState.Taken, claim.State);
        await _time.PassAsync(LeaseSeconds);
        Assert.Equal((ClaimState.Held, Place(9)), (claim.State, claim.Place));
        await _time.PassAsync(1);
        Assert.Equal(ClaimState.Held, claim.State);
        Assert.False((await WrittenAsync()).IsReleased);
    }

    [Theory]
    [InlineData("")]
    [InlineData("something else")]
    [InlineData("{\"broadcaster\":\"\\ud800\"}")]
    public async Task What_is_no_claim_is_never_written_over_and_is_said(string value)
    {
        await _keys.TryPutAsync(Key, Encoding.UTF8.GetBytes(value), 0, TestContext.Current.CancellationToken);
        var claim = await ClaimAsync();
        await _time.PassAsync(2 * LeaseSeconds);
        Assert.Equal(ClaimState.Taken, claim.State);
        Assert.Equal($"{Key} holds something else", claim.Text);
        Assert.Equal(1ul, await RevisionAsync());
    }

    [Fact]
    public async Task Of_two_that_ask_at_once_one_holds_it_and_the_other_says_who()
    {
        var both = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int ready = 0;
        Task Both() => Interlocked.Increment(ref ready) >= 2 && both.TrySetResult() ? Task.CompletedTask : both.Task;
        var one = Claim(new FaultyKeys(_keys) { BeforePut = Both }, Mine, "here");
        var two = Claim(new FaultyKeys(_keys) { BeforePut = Both }, Theirs, "there");
        await Eventually.True(() => _time.Looks == 2);
        Assert.Single((ServerClaim[])[one, two], static claim => claim.State == ClaimState.Held);
        await _time.PassAsync(1, claims: 2);
        var (holder, other) = one.State == ClaimState.Held ? (one, two) : (two, one);
        Assert.Equal(ClaimState.Held, holder.State);
        Assert.Equal(ClaimState.Taken, other.State);
        Assert.Equal(holder == one ? "here" : "there", other.Text);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var claim in _claims)
            await claim.DisposeAsync();
    }

    private static ServerPlace Place(ulong number) => new("00000000000000ff", number, new byte[] { 1, 2, 3, (byte)number });

    private ServerClaim Claim(IStreamKeys keys, string broadcaster, string where = "here")
    {
        var claim = new ServerClaim(keys, Server, broadcaster, where, TimeSpan.FromSeconds(LeaseSeconds), _time, () => Interlocked.Increment(ref _changes));
        _claims.Add(claim);
        return claim;
    }

    /// <summary>The first place, for which it looks at once: it has.</summary>
    private async Task StandsAsync(ServerClaim claim, ServerPlace place)
    {
        int before = _time.Looks;
        claim.Stands(place);
        await Eventually.True(() => _time.Looks > before);
    }

    /// <summary>One that has looked once.</summary>
    private async Task<ServerClaim> ClaimAsync(string broadcaster = Mine, string where = "here", IStreamKeys? keys = null)
    {
        int before = _time.Looks;
        var claim = Claim(keys ?? _keys, broadcaster, where);
        await Eventually.True(() => _time.Looks > before);
        return claim;
    }

    /// <summary>Whatever is there.</summary>
    private async Task PutAsync(ClaimedServer value) =>
        Assert.NotNull(await _keys.TryPutAsync(Key, value.Write(), await RevisionAsync(), TestContext.Current.CancellationToken));

    private async Task<ulong> RevisionAsync() => (await _keys.GetAsync(Key, TestContext.Current.CancellationToken))?.Revision ?? 0;

    private async Task<ClaimedServer> WrittenAsync() =>
        ClaimedServer.Read((await _keys.GetAsync(Key, TestContext.Current.CancellationToken))!.Value.Span)! with { Acquisition = 0 };
}
