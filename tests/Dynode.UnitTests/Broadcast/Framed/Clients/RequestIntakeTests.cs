using System.Text;
using Dynode.Broadcast.Framed.Clients;
using Dynode.Log;
using Dynode.Protocols;
using Dynode.Protocols.Line;
using Dynode.Protocols.Redis;
using Dynode.TestKit;

namespace Dynode.UnitTests.Broadcast.Framed.Clients;

/// <summary>A stream of requests, pushed in at any cut, comes out as the requests that went in, whatever memory does meanwhile.</summary>
public sealed class RequestIntakeTests
{
    [Theory]
    [InlineData("redis", false)]
    [InlineData("redis", true)]
    [InlineData("line", false)]
    [InlineData("line", true)]
    public void Requests_pushed_in_at_random_cuts_come_out_as_they_were(string protocol, bool memoryIsSpent) => Seed.Run(random =>
    {
        var figures = new Figures();
        for (int i = 0; i < 60; i++)
        {
            byte[][] requests = [.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => Request(protocol, Length(random), random))];
            new Intake(protocol, random, memoryIsSpent, figures).Run(requests);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{protocol}: {figures}");
        Assert.True(figures is { Large: > 0, PutOver: > 0 }, figures.ToString());
        Assert.Equal(memoryIsSpent, figures.Refused > 0);
    });

    [Theory]
    [InlineData("redis")]
    [InlineData("line")]
    public void A_request_about_as_long_as_a_page_comes_out_with_what_is_behind_it(string protocol) => Seed.Run(random =>
    {
        foreach (int behind in (int[])[0, 1, 511, 512, 513, 5_000])
        {
            for (int delta = -3; delta <= 3; delta++)
            {
                foreach (int pages in (int[])[1, 2, 4])
                {
                    byte[] small = Request(protocol, 20, random);
                    byte[] about = Request(protocol, (PageChain.PageBytesMax * pages) + delta, random);
                    byte[][] requests = behind == 0 ? [about] : [small, about, Request(protocol, Math.Max(behind, 20), random), small];
                    new Intake(protocol, random, memoryIsSpent: false, new Figures()).Run(requests);
                }
            }
        }
    });

    private static int Length(Random random) => random.Next(12) switch
    {
        0 => PageChain.PageBytesMax - random.Next(3),
        1 => PageChain.PageBytesMax + random.Next(1, 3),
        2 => random.Next(20, 300_000),
        3 => PagePool.SmallPageBytes + random.Next(-2, 3),
        4 or 5 => random.Next(20, 5_000),
        _ => random.Next(20, 120),
    };

    private static byte[] Request(string protocol, int length, Random random)
    {
        if (protocol == "line")
            return [.. Enumerable.Range(0, length - 1).Select(i => (byte)('a' + ((i + length) % 23))), (byte)'\n'];
        for (int value = Math.Max(0, length - 50); ; value++)
        {
            string head = $"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${value}\r\n";
            if (head.Length + value + 2 < length)
                continue;
            return [.. Encoding.ASCII.GetBytes(head), .. random.Bytes(value), .. "\r\n"u8];
        }
    }

    private sealed record Figures
    {
        public int Requests { get; set; }

        public int Large { get; set; }

        public int PutOver { get; set; }

        public int Refused { get; set; }

        public int Adopted { get; set; }
    }

    private sealed class Intake
    {
        private static readonly ProtocolSettings Settings = new();
        private readonly Random _random;
        private readonly Figures _figures;
        private readonly PagePool _pool = new((8 << 20) + (40 * PagePool.SmallPageBytes));
        private readonly FanOutLog _log;
        private readonly IRequestReader _reader;
        private readonly SpentMemory _spent;
        private readonly RequestScratch _scratch = new();
        private readonly bool _memoryIsSpent;
        private RequestIntake _intake;

        public Intake(string protocol, Random random, bool memoryIsSpent, Figures figures)
        {
            (_random, _memoryIsSpent, _figures) = (random, memoryIsSpent, figures);
            _log = new FanOutLog(_pool);
            _reader = protocol == "line" ? new LineProtocol().NewRequestReader(1) : new RedisProtocol().NewRequestReader(1);
            _spent = new SpentMemory(_pool, MemoryShare.Requests);
            _intake = new RequestIntake(_pool);
        }

        public void Run(byte[][] requests)
        {
            byte[] stream = [.. requests.SelectMany(request => request)];
            int next = 0;
            int cutMax = _random.Next(4) switch { 0 => 40, 1 => 700, _ => 100_000 };
            for (int at = 0; at < stream.Length;)
            {
                bool busy = _random.Next(2) == 0;
                Memory<byte> room = default;
                Until(() => _intake.TryTakeRoom(busy, _reader.DeclaredLength, out room));
                Assert.False(room.IsEmpty);
                int count = Math.Min(Math.Min(room.Length, stream.Length - at), _random.Next(1, cutMax));
                stream.AsSpan(at, count).CopyTo(room.Span);
                Assert.NotNull(_intake.RoomPage);
                _intake.Received(count);
                at += count;
                TakeRequests(count, requests, ref next);
                if (!_intake.HasPart && _random.Next(4) == 0)
                {
                    _intake.Rest();
                    Assert.Equal(0, _pool.Snapshot().RequestBytes);
                }
            }

            Assert.Equal(requests.Length, next);
            Assert.False(_intake.HasPart);
            Assert.True(_intake.IsScanned);

            // A part of one more is forgotten with all the rest.
            if (_intake.TryTakeRoom(busy: true, 0, out var last))
            {
                _intake.Received(_random.Next(1, last.Length));
                if (_random.Next(2) == 0)
                    _intake.TryTakeRoom(busy: true, 1_000_000, out _);
            }

            _intake.Release();
            _spent.GiveBack();
            _log.Complete();
            Assert.Equal(0, _pool.Snapshot().OutstandingBytes);
            Assert.Empty(_pool.DescribeOutstanding());
        }

        private void TakeRequests(int fresh, byte[][] requests, ref int next)
        {
            while (true)
            {
                var unseen = _intake.Unseen(fresh);
                Assert.Equal(fresh, unseen.Length);
                if (unseen.IsEmpty)
                    return;
                var status = _reader.Advance(unseen, Settings, out int consumed);
                _intake.Seen(consumed);
                fresh -= consumed;
                Assert.NotEqual(FrameStatus.Malformed, status);
                if (status == FrameStatus.NeedMore)
                {
                    Assert.Equal(0, fresh);
                    return;
                }

                byte[] expected = requests[next++];
                _figures.Requests++;
                if (_intake.IsLarge)
                {
                    int behind = fresh;
                    Until(() => _intake.TryPutOver(behind));
                    _figures.Large++;
                    _figures.PutOver += behind > 0 ? 1 : 0;
                }

                _scratch.Clear();
                Assert.Equal(RequestAction.Forward, _reader.Judge(_intake.Head, _scratch, Settings).Action);
                if (_intake.IsLarge)
                    TakeChain(expected);
                else
                    Assert.True(_intake.Head.SequenceEqual(expected), $"request {next - 1} of {expected.Length} bytes");
                _intake.Next();
                Assert.False(_intake.IsLarge);
            }
        }

        private void TakeChain(byte[] expected)
        {
            var chain = _intake.Chain;
            Assert.Equal(expected.Length, chain.Length);
            Assert.True(chain.Length > PageChain.PageBytesMax, "a request that fits into a page lies in a chain");
            Assert.True(_intake.Head.SequenceEqual(expected.AsSpan(0, _intake.Head.Length)));
            Assert.True(_intake.Head.Length >= IRequestReader.HeadBytesMax);
            var cursor = _log.Join(awaitBoundary: false);
            if (_log.TryAdopt(chain, 7))
            {
                _figures.Adopted++;
                var scan = LogScan.At(_log, cursor);
                Assert.True(scan.TryPeek(_log, cursor, out var entry));
                Assert.Equal(expected.Length, entry.Length);
                int at = 0;
                for (; scan.TryRead(_log, cursor, out var bytes, out _); at += bytes.Length)
                {
                    Assert.True(bytes.Span.SequenceEqual(expected.AsSpan(at, bytes.Length)));
                    scan.Skip(bytes.Length);
                }

                Assert.Equal(expected.Length, at);
            }

            _log.Leave(cursor);
        }

        /// <summary>With memory spent it may fail, and again; with memory there it must succeed.</summary>
        private void Until(Func<bool> action)
        {
            if (_memoryIsSpent && _random.Next(3) == 0)
            {
                _spent.Spend(leavesSmall: _random.Next(3) == 0);
                for (int tries = _random.Next(1, 4); tries > 0; tries--)
                {
                    if (action())
                    {
                        _spent.GiveBack();
                        return;
                    }

                    _figures.Refused++;
                }

                _spent.GiveBack();
            }

            Assert.True(action());
        }
    }
}
