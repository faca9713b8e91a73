using System.Runtime.InteropServices;
using Dynode.Log;
using Dynode.TestKit;

namespace Dynode.UnitTests.Log;

/// <summary>Every verb of a chain, in random histories, against lists of bytes.</summary>
public sealed class PageChainTests
{
    [Fact]
    public void A_chain_is_indistinguishable_from_a_list_of_lists() => Seed.Run(random =>
    {
        int steps = 0;
        for (int i = 0; i < 400; i++)
        {
            var pool = new PagePool(PagePool.BytesMaxLeast);
            Pair[] pairs = [new(pool, random), new(pool, random)];
            for (int left = random.Next(1, 120); left > 0; left--, steps++)
            {
                int one = random.Next(2);
                if (random.Next(12) == 0)
                    pairs[one].Take(pairs[1 - one]);
                else
                    pairs[one].Step();
                Array.ForEach(pairs, pair => pair.Check());
                Assert.Equal(pairs.Sum(pair => pair.PageBytes), pool.Snapshot().RequestBytes);
            }

            Array.ForEach(pairs, pair => pair.Release());
            Assert.Equal(0, pool.Snapshot().OutstandingBytes);
            Assert.Empty(pool.DescribeOutstanding());
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{steps} steps");
    });

    [Fact]
    public void What_one_page_takes_is_one_byte_less_than_what_needs_two()
    {
        var pool = new PagePool(PagePool.BytesMaxLeast);
        foreach (int count in (int[])[PageChain.PageBytesMax - 1, PageChain.PageBytesMax, PageChain.PageBytesMax + 1])
        {
            var chain = new PageChain();
            Assert.True(pool.TryRent(PageSize.Large, MemoryShare.Requests, out var page));
            chain.Add(page);
            Assert.Equal(Math.Min(count, PageChain.PageBytesMax), chain.Write(new byte[count]));
            Assert.Equal(Math.Max(0, PageChain.PageBytesMax - count), chain.Room.Length);
            chain.Release();
        }

        Assert.Empty(pool.DescribeOutstanding());
    }

    [Fact]
    public void What_stands_from_any_offset_on_is_read_and_stays()
    {
        var pool = new PagePool(PagePool.BytesMaxLeast);
        var chain = new PageChain();
        byte[] whole = [.. Enumerable.Range(0, 1500).Select(i => (byte)(i * 7))];
        for (int done = 0; done < whole.Length;)
        {
            if (chain.Room.IsEmpty)
            {
                Assert.True(pool.TryRent(PageSize.Small, MemoryShare.Backlog, out var page));
                chain.Add(page);
            }

            done += chain.Write(whole.AsSpan(done));
        }

        foreach (int offset in (int[])[0, 1, 503, 504, 505, 1007, 1008, 1009, 1499, 1500, 2000])
        {
            foreach (int length in (int[])[0, 1, 503, 504, 505, 1500, 3000])
            {
                byte[] read = new byte[length];
                int count = chain.Read(offset, read);
                Assert.Equal(whole.Skip(offset).Take(length), read.Take(count));
                Assert.All(read.Skip(count), b => Assert.Equal(0, b));
            }
        }

        Assert.Equal(whole.Length, chain.Length);
        chain.Release();
        Assert.Equal(0, new PageChain().Read(0, new byte[1]));
    }

    [Fact]
    public void An_empty_chain_has_nothing()
    {
        var chain = new PageChain();
        Assert.True(chain is { IsEmpty: true, Length: 0, PageBytes: 0, Room.IsEmpty: true, Head.IsEmpty: true });
        Assert.False(chain.TryPeek(out _, out _));
        Assert.Equal(0, chain.Write("abc"u8));
        Assert.Throws<InvalidOperationException>(() => chain.Last);
        Assert.Throws<InvalidOperationException>(chain.RemoveFirst);
        chain.Append(new PageChain());
        chain.Release();
        Assert.True(chain.IsEmpty);
    }

    private sealed class Pair(PagePool pool, Random random)
    {
        private readonly PageChain _chain = new();
        private List<(List<byte> Bytes, int Capacity)> _model = [];

        public long PageBytes => _chain.PageBytes;

        private int Room => _model.Count == 0 ? 0 : _model[^1].Capacity - 8 - _model[^1].Bytes.Count;

        public void Step()
        {
            switch (random.Next(8))
            {
                case 0:
                    Add();
                    break;
                case 1 or 2:
                    byte[] written = random.Bytes(random.Next(3) == 0 ? random.Next(PagePool.LargePageBytes) : random.Next(300));
                    int count = Math.Min(Room, written.Length);
                    Assert.Equal(count, _chain.Write(written));
                    if (count > 0)
                        _model[^1].Bytes.AddRange(written[..count]);
                    break;
                case 3 when Room > 0:
                    byte[] received = random.Bytes(random.Next(1, Room + 1));
                    received.CopyTo(_chain.Room);
                    _chain.Advance(received.Length);
                    _model[^1].Bytes.AddRange(received);
                    break;
                case 4 when _model.Count > 0:
                    int last = random.Next(_model[^1].Bytes.Count + 1);
                    AssertSame(_model[^1].Bytes[^last..], _chain.Tail(last));
                    _chain.TakeBack(last);
                    _model[^1].Bytes.RemoveRange(_model[^1].Bytes.Count - last, last);
                    break;
                case 5 when _model.Count > 0:
                    int offset = random.Next(_model[0].Bytes.Count + 1);
                    int cut = random.Next(_model[0].Bytes.Count - offset + 1);
                    _chain.Cut(offset, cut);
                    _model[0].Bytes.RemoveRange(offset, cut);
                    break;
                case 6 when _model.Count > 0:
                    Assert.True(_chain.TryPeek(out var bytes, out var page));
                    AssertSame(_model[0].Bytes, bytes.Span);
                    Assert.Equal(_model[0].Capacity, page.Capacity);
                    _chain.RemoveFirst();
                    _model.RemoveAt(0);
                    break;
                case 7 when random.Next(8) == 0:
                    Release();
                    break;
                case 7 when random.Next(4) == 0:
                    Assert.Equal(_model.Count > 1, _chain.TryReleaseRest());
                    _model = [.. _model.Take(1)];
                    break;
                default:
                    break;
            }
        }

        public void Take(Pair other)
        {
            _chain.Append(other._chain);
            _model.AddRange(other._model);
            other._model = [];
        }

        public void Release()
        {
            _chain.Release();
            _model.Clear();
        }

        public void Check()
        {
            Assert.Equal(_model.Count == 0, _chain.IsEmpty);
            Assert.Equal(_model.Sum(page => (long)page.Bytes.Count), _chain.Length);
            Assert.Equal(_model.Sum(page => (long)page.Capacity), _chain.PageBytes);
            Assert.Equal(Room, _chain.Room.Length);
            Assert.Equal(_model.Count == 0, !_chain.TryPeek(out var head, out _));
            Assert.Equal(_chain.Head, head);
            Page? at = null;
            foreach (var (bytes, _) in _model)
            {
                Assert.True(_chain.TryNext(ref at, out var walked));
                AssertSame(bytes, walked.Span);
            }

            Assert.False(_chain.TryNext(ref at, out _));
            if (_model.Count == 0)
                return;
            AssertSame(_model[0].Bytes, _chain.Head.Span);
            AssertSame(_model[^1].Bytes, _chain.Tail(_model[^1].Bytes.Count));
        }

        private static void AssertSame(List<byte> expected, ReadOnlySpan<byte> actual) =>
            Assert.True(CollectionsMarshal.AsSpan(expected).SequenceEqual(actual), "other bytes than were written");

        private void Add()
        {
            if (!pool.TryRent(random.Next(2) == 0 ? PageSize.Small : PageSize.Large, MemoryShare.Requests, out var page))
                return;
            _chain.Add(page);
            _model.Add(([], page.Capacity));
        }
    }
}
