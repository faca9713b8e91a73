using Dynode.Streams;
using Dynode.Streams.Claims;
using Dynode.TestKit;
using Dynode.TestKit.Streams;

namespace Dynode.UnitTests.Streams.Claims;

/// <summary>Several broadcasters that list the same servers: each server is one's, who lists it first of those that live.</summary>
public sealed class OwnersTests
{
    private const int LeaseSeconds = 12;

    /// <summary>Whatever dies, comes and is cut off: when it is quiet for long enough each server is delivered to by one that lives, and by none that lists it later than another.</summary>
    [Fact]
    public Task In_the_end_each_server_is_held_by_one_that_lives_and_lists_it_first() => Seed.RunAsync(async random =>
    {
        await using var all = new Owners();
        string[] servers = [.. Enumerable.Range(0, random.Next(1, 7)).Select(static i => $"10.0.0.{i}:6379")];
        for (int i = 0; i < random.Next(1, 4); i++)
            await all.StartAsync(Shuffled(servers, random));
        for (int step = 0; step < 60; step++)
        {
            switch (random.Next(12))
            {
                case 0 when all.Living.Count < 4:
                    await all.StartAsync(Shuffled(servers, random));
                    break;
                case 1 when all.Living.Count > 1:
                    await all.KillAsync(all.Living[random.Next(all.Living.Count)]);
                    break;
                case 2 when all.Living.Count > 1:
                    await all.LeaveAsync(all.Living[random.Next(all.Living.Count)]);
                    break;
            }

            await all.PassAsync(random.Next(1, 4));
            all.NoneIsHeldTwice();
        }

        await all.PassAsync((2 * LeaseSeconds) + 8);
        foreach (string server in servers)
        {
            var holder = Assert.Single(all.Living, one => one.Claims[server].State == ClaimState.Held);
            int place = Array.IndexOf(holder.Servers, server);
            Assert.All(all.Living, other => Assert.True(Array.IndexOf(other.Servers, server) >= place, $"{server} is {holder.Id}'s, who lists it behind {other.Id}"));
        }
    });

    [Fact]
    public async Task Sixteen_servers_of_one_that_dies_are_taken_over_within_a_lease_and_three_seconds()
    {
        string[] servers = [.. Enumerable.Range(0, 16).Select(static i => $"10.0.0.{i}:6379")];
        await using var all = new Owners();
        var first = await all.StartAsync(servers);
        await all.PassAsync(1);
        var second = await all.StartAsync(servers);
        var third = await all.StartAsync(servers);
        await all.PassAsync(LeaseSeconds);
        Assert.All(servers, server => Assert.Equal(ClaimState.Held, first.Claims[server].State));
        await all.KillAsync(first);
        await all.PassAsync(LeaseSeconds + 3);
        Assert.All(servers, server => Assert.Equal((ClaimState.Held, ""), (second.Claims[server].State, second.Claims[server].Text)));
        Assert.All(servers, server => Assert.Equal(ClaimState.Taken, third.Claims[server].State));
    }

    /// <summary>Whoever has a server keeps it against one that lists it alike: nothing moves for an id's sake.</summary>
    [Fact]
    public async Task One_that_lists_them_alike_and_comes_later_takes_nothing()
    {
        await using var all = new Owners();
        var first = await all.StartAsync(["a:1", "b:1"], id: "f");
        await all.PassAsync(1);
        var second = await all.StartAsync(["a:1", "b:1"], id: "0");
        await all.PassAsync(3 * LeaseSeconds);
        Assert.Equal((ClaimState.Held, ClaimState.Held), (first.Claims["a:1"].State, first.Claims["b:1"].State));
        Assert.Equal((ClaimState.Taken, "at f"), (second.Claims["a:1"].State, second.Claims["a:1"].Text));
    }

    [Fact]
    public async Task Who_lists_a_server_first_and_comes_later_has_it_yielded_with_its_place_and_the_other_has_it_again_when_he_dies()
    {
        await using var all = new Owners();
        var east = await all.StartAsync(["a:1", "b:1"]);
        await all.PassAsync(1);
        Assert.Equal(ClaimState.Held, east.Claims["b:1"].State);
        east.Claims["b:1"].Stands(Place(41));
        var west = await all.StartAsync(["b:1", "a:1"]);
        await all.PassAsync(LeaseSeconds);
        Assert.Equal((ClaimState.Held, ClaimState.Taken), (east.Claims["a:1"].State, east.Claims["b:1"].State));
        Assert.Equal((ClaimState.Taken, ClaimState.Held), (west.Claims["a:1"].State, west.Claims["b:1"].State));
        Assert.Equal(Place(41), west.Claims["b:1"].Place);
        Assert.Equal(1, east.Yields);
        west.Claims["b:1"].Stands(Place(50));
        await all.PassAsync(1);
        await all.KillAsync(west);
        await all.PassAsync(LeaseSeconds + 3);
        Assert.Equal((ClaimState.Held, Place(50)), (east.Claims["b:1"].State, east.Claims["b:1"].Place));
    }

    /// <summary>He said that he would have it, and dies before he has it.</summary>
    [Fact]
    public async Task What_was_yielded_to_one_that_died_meanwhile_is_taken_again()
    {
        await using var all = new Owners();
        var east = await all.StartAsync(["a:1", "b:1"]);
        await all.PassAsync(1);
        var west = await all.StartAsync(["b:1", "a:1"]);
        for (int second = 0; east.Yields == 0; second++)
        {
            Assert.True(second < LeaseSeconds, "never yielded");
            await all.PassAsync(1, yieldsOnly: west);
        }

        await all.KillAsync(west);
        await all.PassAsync((2 * LeaseSeconds) + 3);
        Assert.Equal(ClaimState.Held, east.Claims["b:1"].State);
    }

    private static ServerPlace Place(ulong number) => new("00000000000000ff", number, new byte[] { 1, 2, 3, (byte)number });

    private static string[] Shuffled(string[] servers, Random random)
    {
        string[] copy = [.. servers];
        random.Shuffle(copy);
        return copy;
    }

    /// <summary>Those that live, beside one stream, by one clock.</summary>
    private sealed class Owners : IAsyncDisposable
    {
        private readonly ScriptedKeys _keys = new();
        private readonly LookClock _time = new();
        private int _lives;

        public List<Owner> Living { get; } = [];

        public async Task<Owner> StartAsync(string[] servers, string? id = null)
        {
            int before = _time.Looks;
            var owner = new Owner(_keys, id ?? $"{++_lives:x}", servers, _time);
            Living.Add(owner);
            await Eventually.True(() => _time.Looks >= before + 1 + servers.Length, () => $"{_time.Looks} looks, {before} before");
            return owner;
        }

        /// <summary>Without a word.</summary>
        public async Task KillAsync(Owner owner)
        {
            Living.Remove(owner);
            await owner.DisposeAsync();
        }

        public async Task LeaveAsync(Owner owner)
        {
            Living.Remove(owner);
            foreach (var claim in owner.Claims.Values)
                await claim.ReleaseAsync(null, TestContext.Current.CancellationToken);
            await owner.Watch.LeaveAsync(TestContext.Current.CancellationToken);
        }

        /// <summary>Seconds go by; what somebody would rather have is yielded at once.</summary>
        public async Task PassAsync(int seconds, Owner? yieldsOnly = null)
        {
            for (int i = 0; i < seconds; i++)
            {
                await _time.PassAsync(1, Living.Sum(static owner => 1 + owner.Claims.Count));
                foreach (var owner in Living.Where(owner => owner != yieldsOnly))
                {
                    foreach (var claim in owner.Claims.Values.Where(static claim => claim.Rather is not null))
                    {
                        int before = _time.Looks;
                        owner.Yields++;
                        claim.Yield();
                        await Eventually.True(() => _time.Looks > before);
                    }
                }
            }
        }

        public void NoneIsHeldTwice() => Assert.All(
            Living.SelectMany(static owner => owner.Claims).Where(static claim => claim.Value.State == ClaimState.Held).GroupBy(static claim => claim.Key),
            static held => Assert.Single(held));

        public async ValueTask DisposeAsync()
        {
            foreach (var owner in Living)
                await owner.DisposeAsync();
        }
    }

    private sealed class Owner : IAsyncDisposable
    {
        public Owner(IStreamKeys keys, string id, string[] servers, TimeProvider time)
        {
            (Id, Servers) = (id, servers);
            var lease = TimeSpan.FromSeconds(LeaseSeconds);
            Watch = new LivingWatch(keys, id, $"at {id}", servers, lease, time, static () => { });
            Claims = servers.ToDictionary(static server => server, server => new ServerClaim(keys, server, id, $"at {id}", lease, time, static () => { }, () => Watch.Living));
        }

        public string Id { get; }

        public string[] Servers { get; }

        public LivingWatch Watch { get; }

        public Dictionary<string, ServerClaim> Claims { get; }

        public int Yields { get; set; }

        public async ValueTask DisposeAsync()
        {
            foreach (var claim in Claims.Values)
                await claim.DisposeAsync();
            await Watch.DisposeAsync();
        }
    }
}
