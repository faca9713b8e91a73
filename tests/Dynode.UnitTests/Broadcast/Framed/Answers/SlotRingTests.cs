using Dynode.Broadcast.Framed.Answers;
using Dynode.Protocols.Policies;
using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Framed.Answers;

/// <summary>The window of slots against a dictionary of all numbers.</summary>
public sealed class SlotRingTests
{
    private readonly FramedParts _parts = new(PrimaryReply.Instance, servers: 4, slotsMax: 256);

    [Fact]
    public void A_ring_is_indistinguishable_from_a_dictionary() => Seed.Run(random =>
    {
        int most = 0;
        for (int i = 0; i < 100; i++)
        {
            int slotsMax = random.Next(1, 1_500);
            var ring = new SlotRing(slotsMax);
            var live = new SortedDictionary<long, Vote[]>();
            long next = 0;
            int turns = 0;
            int openUntil = random.Next(2_000);
            for (int step = 0; step < 3_000; step++)
            {
                bool opens = step < openUntil || random.Next(3) == 0;
                if (opens && ring.HasRoom(1))
                {
                    if (random.Next(4) == 0)
                    {
                        ring.Pass();
                        next++;
                    }
                    else
                    {
                        var voters = Voters(random.Next(step < 500 ? 2 : 5));
                        Assert.Equal(next, ring.Open(voters));
                        Assert.Same(voters, ring[next].Voters);
                        Assert.Equal(voters.Count, ring[next].Pending);
                        Assert.True(ring[next] is { IsLive: true, Kept: null, Trailer: null, Client: null, IsDecided: false, NextOfClient: -1, Selects: -1 });
                        Assert.True(ring.VotesOf(next, voters.Count).ToArray().All(vote => vote is { State: VoteState.Pending, Hash: 0, Turn: 0 }));
                        live[next++] = new Vote[voters.Count];
                    }
                }
                else if (live.Count > 0)
                {
                    // The oldest, the newest, and any between.
                    long number = random.Next(3) switch { 0 => live.Keys.First(), 1 => live.Keys.Last(), _ => live.Keys.ElementAt(random.Next(live.Count)) };
                    ring.Free(number);
                    live.Remove(number);
                }

                if (live.Count > 0)
                {
                    long voted = live.Keys.ElementAt(random.Next(live.Count));
                    if (live[voted].Length > 0)
                    {
                        var vote = new Vote { Hash = (uint)random.Next(), Turn = (ushort)++turns, State = (VoteState)random.Next(4) };
                        int rank = random.Next(live[voted].Length);
                        ring.VotesOf(voted, live[voted].Length)[rank] = live[voted][rank] = vote;
                    }
                }

                Check(ring, live, next);
                most = Math.Max(most, ring.Count);
            }

            foreach (var (number, votes) in live)
                Assert.Equal(votes, ring.VotesOf(number, votes.Length).ToArray());
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"at most {most} numbers in a window");
    });

    [Theory]
    [InlineData(1)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(1_000)]
    public void A_ring_has_room_up_to_its_bound_and_not_beyond(int slotsMax)
    {
        var ring = new SlotRing(slotsMax);
        for (int count = 0; count < slotsMax; count++)
        {
            Assert.True(ring.HasRoom(1));
            Assert.Equal(count + 2 <= slotsMax, ring.HasRoom(2));
            Assert.Equal(count >= slotsMax - (slotsMax / 4), ring.IsCrowded);
            Assert.Equal(count, ring.Open(Voters(count % 3)));
        }

        Assert.False(ring.HasRoom(1));
        Assert.True(ring.IsCrowded);
        for (int number = 1; number < slotsMax; number++)
            Assert.True(ring.Holds(number));
        ring.Free(0);
        Assert.Equal(1, ring.Base);
        Assert.True(ring.HasRoom(1));
        Assert.Equal(slotsMax, ring.Open(Voters(1)));
    }

    private static void Check(SlotRing ring, SortedDictionary<long, Vote[]> live, long next)
    {
        Assert.Equal(next, ring.Next);
        Assert.Equal(live.Count == 0 ? next : live.Keys.First(), ring.Base);
        Assert.Equal(ring.Next - ring.Base, ring.Count);
        if (next % 16 != 0)
            return;
        for (long number = Math.Max(0, ring.Base - 3); number < next + 3; number++)
        {
            Assert.Equal(live.ContainsKey(number), ring.Holds(number));
            if (live.TryGetValue(number, out var votes))
                Assert.True(ring.VotesOf(number, votes.Length).ToArray().SequenceEqual(votes), $"votes on {number}");
        }
    }

    private VoterSet Voters(int count) => _parts.Voters([.. Enumerable.Range(0, count)]);
}
