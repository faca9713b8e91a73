using Dynode.Log;
using Dynode.TestKit;

namespace Dynode.UnitTests.Log;

/// <summary>Shares of the memory, reserved, rented and moved, against three numbers.</summary>
public sealed class PagePoolReserveTests
{
    [Fact]
    public void A_share_refuses_exactly_what_goes_beyond_its_bound() => Seed.Run(random =>
    {
        int refused = 0;
        for (int i = 0; i < 200; i++)
        {
            var pool = new PagePool(PagePool.BytesMaxLeast);
            long[] spent = new long[3];
            var reserved = new List<(long Bytes, MemoryShare Share)>();
            var chains = new List<(PageChain Chain, MemoryShare Share)>();
            for (int step = 0; step < 200; step++)
            {
                var share = (MemoryShare)random.Next(3);
                bool fits;
                switch (random.Next(6))
                {
                    case 0:
                        long bytes = random.Next(10 * PagePool.LargePageBytes);
                        fits = spent[(int)share] + bytes <= pool.ShareBytesMax(share);
                        Assert.Equal(fits, pool.TryReserve(bytes, share));
                        if (fits)
                        {
                            reserved.Add((bytes, share));
                            spent[(int)share] += bytes;
                        }

                        refused += fits ? 0 : 1;
                        break;
                    case 1 when reserved.Count > 0:
                        var given = reserved[^1];
                        reserved.RemoveAt(reserved.Count - 1);
                        pool.Unreserve(given.Bytes, given.Share);
                        spent[(int)given.Share] -= given.Bytes;
                        break;
                    case 2:
                        chains.Add((new PageChain(), share));
                        break;
                    case 3 when chains.Count > 0:
                        var grown = chains[random.Next(chains.Count)];
                        fits = spent[(int)grown.Share] + PagePool.LargePageBytes <= pool.ShareBytesMax(grown.Share);
                        Assert.Equal(fits, pool.TryRent(PageSize.Large, grown.Share, out var page));
                        if (fits)
                        {
                            grown.Chain.Add(page!);
                            spent[(int)grown.Share] += PagePool.LargePageBytes;
                        }

                        refused += fits ? 0 : 1;
                        break;
                    case 4 when chains.Count > 0:
                        int at = random.Next(chains.Count);
                        var (chain, from) = chains[at];
                        fits = spent[(int)share] + chain.PageBytes <= pool.ShareBytesMax(share);
                        Assert.Equal(fits, pool.TryMove(chain, share));
                        if (fits)
                        {
                            spent[(int)from] -= chain.PageBytes;
                            spent[(int)share] += chain.PageBytes;
                            chains[at] = (chain, share);
                        }

                        refused += fits ? 0 : 1;
                        break;
                    case 5 when chains.Count > 0:
                        int end = random.Next(chains.Count);
                        spent[(int)chains[end].Share] -= chains[end].Chain.PageBytes;
                        chains[end].Chain.Release();
                        chains.RemoveAt(end);
                        break;
                    default:
                        break;
                }

                var snapshot = pool.Snapshot();
                Assert.Equal<long[]>(spent, [snapshot.BacklogBytes, snapshot.ReplyBytes, snapshot.RequestBytes]);
            }

            chains.ForEach(each => each.Chain.Release());
            reserved.ForEach(each => pool.Unreserve(each.Bytes, each.Share));
            Assert.Equal(0, pool.Snapshot().OutstandingBytes);
            Assert.Empty(pool.DescribeOutstanding());
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{refused} refusals");
        Assert.True(refused > 0);
    });
}
