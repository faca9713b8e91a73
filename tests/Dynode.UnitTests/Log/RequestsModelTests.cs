using Dynode.Log;
using Dynode.TestKit;

namespace Dynode.UnitTests.Log;

/// <summary>
/// Random histories of a log of whole requests, step by step against <see cref="RequestsModel"/>: what is appended in every size,
/// adopted, sent by bytes, acknowledged by requests, dropped, with memory for sixteen pages.
/// </summary>
public sealed class RequestsModelTests
{
    private const int Histories = 250;
    private const int StepsMax = 160;

    [Fact]
    public void A_log_of_whole_requests_is_indistinguishable_from_a_list_of_them() => Seed.Run(random =>
    {
        var figures = new Figures();
        for (int i = 0; i < Histories; i++)
            new History(random, figures).Run();
        TestContext.Current.TestOutputHelper?.WriteLine(figures.ToString());
        Assert.True(figures is { Refused: > 0, NotAdopted: > 0, Adopted: > 0, Rewound: > 0, Dropped: > 0, Held: > 0, Alike: > 0 }, figures.ToString());
    });

    private sealed record Figures
    {
        public int Appended { get; set; }

        public int Adopted { get; set; }

        public int Refused { get; set; }

        public int NotAdopted { get; set; }

        public int Rewound { get; set; }

        public int Dropped { get; set; }

        public int Held { get; set; }

        public long Entries { get; set; }

        public long Alike { get; set; }
    }

    private sealed class Consumer(LogCursor cursor)
    {
        public LogCursor Cursor { get; } = cursor;

        /// <summary>Of the model: the request that the cursor stands on.</summary>
        public int Index { get; set; }

        public LogScan Send { get; set; }

        public LogScan Matched { get; set; }

        public LogScan Ahead { get; set; }

        public int AheadIndex { get; set; }
    }

    private sealed class History
    {
        private readonly Random _random;
        private readonly Figures _figures;
        private readonly PagePool _pool = new(PagePool.BytesMaxLeast);
        private readonly RequestsModel _model = new();
        private readonly List<Consumer> _consumers = [];
        private readonly List<(Page Page, ReadOnlyMemory<byte> Lent, byte[] Expected)> _operations = [];
        private readonly FanOutLog _log;

        /// <summary>Nobody answers in time: memory runs out.</summary>
        private readonly bool _isSlow;

        public History(Random random, Figures figures)
        {
            _random = random;
            _isSlow = random.Next(3) == 0;
            _figures = figures;
            _log = new FanOutLog(_pool);
        }

        public void Run()
        {
            Join();
            int steps = _random.Next(1, StepsMax);
            for (int i = 0; i < steps; i++)
            {
                Step();
                Check();
            }

            End();
        }

        private void Step()
        {
            var consumer = _consumers[_random.Next(_consumers.Count)];
            switch (_random.Next(16))
            {
                case 0 or 1 or 2:
                    for (int left = _random.Next(1, 30); left > 0; left--)
                        Append(_random.Next(1, 60));
                    break;
                case 3:
                    Append(_random.Next(3) switch
                    {
                        0 => _random.Next(1, PageChain.PageBytesMax + 1),
                        1 => PageChain.PageBytesMax - _random.Next(3),
                        _ => _random.Next(1, 3_000),
                    });
                    break;
                case 4:
                    Adopt();
                    break;
                case 5 or 6 or 7:
                    Send(consumer, _random.Next(4));
                    break;
                case 8 or 9 when !_isSlow:
                    Acknowledge(consumer, _random.Next(1, 60));
                    break;
                case 8 or 9 or 10 when _isSlow:
                    Adopt();
                    break;
                case 10:
                    foreach (var each in _consumers)
                    {
                        Send(each, int.MaxValue);
                        Acknowledge(each, int.MaxValue);
                    }

                    break;
                case 11:
                    LookAhead(consumer);
                    break;
                case 12:
                    Drop(consumer);
                    break;
                case 13:
                    Reconnect(consumer);
                    break;
                case 14:
                    if (_consumers.Count < 5 && _random.Next(2) == 0)
                        Join();
                    else if (_consumers.Count > 1)
                        Leave(consumer);
                    break;
                default:
                    if (_operations.Count > 0)
                        EndOperation(_random.Next(_operations.Count));
                    break;
            }
        }

        private void Append(int count)
        {
            byte[] bytes = _random.Bytes(count);
            uint tag = AnyTag();
            int cut = _random.Next(2) == 0 ? count : _random.Next(count + 1);
            var tail = _consumers[0].Cursor.Page;
            long? start = tail?.Start;
            if (!_log.TryAppend(bytes.AsSpan(0, cut), bytes.AsSpan(cut), tag))
            {
                Assert.True(_pool.Snapshot().BacklogBytes + PagePool.LargePageBytes > _pool.ShareBytesMax(MemoryShare.Backlog));
                _figures.Refused++;
                return;
            }

            if (tail is not null && tail == _consumers[0].Cursor.Page && tail.Start != start)
                _figures.Rewound++;
            _model.Append(bytes, tag);
            _log.Context = _model.Context;
            _figures.Appended++;
        }

        /// <summary>Often the same as before.</summary>
        private uint AnyTag() => _model.Count > 0 && _random.Next(4) > 0 ? _model[_model.Count - 1].Tag : (uint)_random.Next();

        private void Adopt()
        {
            var chain = new PageChain();
            byte[] bytes = _random.Bytes(_random.Next(4) switch
            {
                0 => PageChain.PageBytesMax + 1,
                1 => PageChain.PageBytesMax * _random.Next(1, 5),
                2 => _random.Next(1, 1_000),
                _ => _random.Next(1, PageChain.PageBytesMax * 5),
            });
            bool isSmall = _random.Next(3) == 0;
            for (int done = 0; done < bytes.Length;)
            {
                if (chain.Room.IsEmpty)
                {
                    var size = chain.IsEmpty && isSmall ? PageSize.Small : PageSize.Large;
                    if (!_pool.TryRent(size, MemoryShare.Requests, out var page))
                    {
                        chain.Release();
                        return;
                    }

                    chain.Add(page);
                }

                done += chain.Write(bytes.AsSpan(done, Math.Min(bytes.Length - done, _random.Next(1, PagePool.LargePageBytes))));
            }

            uint tag = (uint)_random.Next();
            long backlog = _pool.Snapshot().BacklogBytes;
            if (!_log.TryAdopt(chain, tag))
            {
                Assert.True(backlog + chain.PageBytes > _pool.ShareBytesMax(MemoryShare.Backlog));
                Assert.Equal(bytes.Length, chain.Length);
                Assert.Equal(chain.PageBytes, _pool.Snapshot().RequestBytes);
                chain.Release();
                _figures.NotAdopted++;
                return;
            }

            Assert.True(chain is { IsEmpty: true, Length: 0, PageBytes: 0 });
            Assert.Equal(0, _pool.Snapshot().RequestBytes);
            _model.Append(bytes, tag);
            _log.Context = _model.Context;
            _figures.Adopted++;
        }

        /// <summary>What the kernel takes: in pieces that know of no request.</summary>
        private void Send(Consumer consumer, int pieces)
        {
            for (; pieces > 0; pieces--)
            {
                var send = consumer.Send;
                if (!send.TryRead(_log, consumer.Cursor, out var bytes, out var page))
                {
                    Assert.Equal(_model.Tail, send.Position);
                    consumer.Send = send;
                    return;
                }

                Assert.False(bytes.IsEmpty);
                byte[] expected = _model.Read(send.Position, bytes.Length);
                Assert.True(bytes.Span.SequenceEqual(expected), $"bytes from {send.Position} on");
                if (_random.Next(20) == 0 && _operations.Count < 3)
                {
                    page.AddRef();
                    _operations.Add((page, bytes, expected));
                    _figures.Held++;
                }

                send.Skip(pieces < 5 ? _random.Next(1, bytes.Length + 1) : bytes.Length);
                consumer.Send = send;
            }
        }

        /// <summary>Replies come to what has wholly been sent.</summary>
        private void Acknowledge(Consumer consumer, int requests)
        {
            for (; requests > 0; requests--)
            {
                var matched = consumer.Matched;
                if (_random.Next(2) == 0)
                    AcknowledgeAlike(consumer, ref matched);
                bool isThere = matched.TryPeek(_log, consumer.Cursor, out var entry);
                consumer.Matched = matched;
                Assert.Equal(consumer.Index < _model.Count, isThere);
                if (!isThere)
                    return;
                Assert.Equal(_model.Entry(consumer.Index), entry);
                _figures.Entries++;
                if (entry.End > consumer.Send.Position)
                    return;
                _log.Advance(consumer.Cursor, entry.Length);
                consumer.Index++;
                matched.Pass(entry);
                consumer.Matched = matched;
            }
        }

        /// <summary>Several at once, all of one kind.</summary>
        private void AcknowledgeAlike(Consumer consumer, ref LogScan matched)
        {
            uint tag = consumer.Index < _model.Count ? _model[consumer.Index].Tag : 0;
            int max = _random.Next(1, 40);
            int most = 0;
            while (most < max && consumer.Index + most < _model.Count && _model[consumer.Index + most].Tag == tag
                && _model.Entry(consumer.Index + most).End <= consumer.Send.Position)
            {
                most++;
            }

            // It may stop before, where a page ends.
            int count = matched.CountAlike(_log, consumer.Cursor, tag, consumer.Send.Position, max);
            Assert.InRange(count, 0, most);
            Assert.Equal(0, matched.CountAlike(_log, consumer.Cursor, tag + 1, consumer.Send.Position, max));
            matched.Pass(count);
            _log.Advance(consumer.Cursor, matched.Position - consumer.Cursor.Position);
            consumer.Index += count;
            Assert.Equal((consumer.Index, _model.PositionOf(consumer.Index)), (matched.Number, matched.Position));
            _figures.Alike += count;
        }

        /// <summary>A scan that goes by requests, ahead of what is sent.</summary>
        private void LookAhead(Consumer consumer)
        {
            var ahead = consumer.Ahead;
            if (ahead.Position < consumer.Cursor.Position)
            {
                ahead = LogScan.At(_log, consumer.Cursor);
                consumer.AheadIndex = consumer.Index;
            }

            for (int left = _random.Next(40); left > 0; left--)
            {
                bool isThere = ahead.TryPeek(_log, consumer.Cursor, out var entry);
                Assert.Equal(consumer.AheadIndex < _model.Count, isThere);
                if (!isThere)
                    break;
                Assert.Equal(_model.Entry(consumer.AheadIndex), entry);
                _figures.Entries++;
                ahead.Pass(entry);
                consumer.AheadIndex++;
                Assert.Equal(consumer.AheadIndex, ahead.Number);
            }

            consumer.Ahead = ahead;
        }

        private void Drop(Consumer consumer)
        {
            for (int left = _random.Next(1, 20); left > 0; left--)
            {
                bool isThere = consumer.Index < _model.Count;
                long length = isThere ? _model[consumer.Index].Bytes.Length : 0;
                Assert.Equal(new LogDrop(length, isThere ? 1 : 0), _log.DropOldest(consumer.Cursor));
                consumer.Index += isThere ? 1 : 0;
                _figures.Dropped += isThere ? 1 : 0;
            }

            // What is dropped for a server is dropped while it has no connection, and scans are a connection's.
            Reconnect(consumer);
        }

        private void Reconnect(Consumer consumer)
        {
            var start = LogScan.At(_log, consumer.Cursor);
            Assert.Equal(_model.PositionOf(consumer.Index), start.Position);
            Assert.Equal(consumer.Index, start.Number);
            consumer.Send = consumer.Matched = consumer.Ahead = start;
            consumer.AheadIndex = consumer.Index;
        }

        private void Join()
        {
            var consumer = new Consumer(_log.Join(awaitBoundary: false)) { Index = _model.Count };
            _consumers.Add(consumer);
            Reconnect(consumer);
        }

        private void Leave(Consumer consumer)
        {
            _log.Leave(consumer.Cursor);
            _consumers.Remove(consumer);
        }

        private void EndOperation(int index)
        {
            var (page, lent, expected) = _operations[index];
            Assert.True(lent.Span.SequenceEqual(expected), "bytes lent to the kernel have changed");
            page.Release();
            _operations.RemoveAt(index);
        }

        private void Check()
        {
            Assert.Equal(_model.Tail, _log.Tail);
            Assert.Equal(_model.Count, _log.Boundaries);
            Assert.Equal(_model.Tail - _consumers.Min(each => _model.PositionOf(each.Index)), _log.Backlog);
            foreach (var consumer in _consumers)
            {
                long at = _model.PositionOf(consumer.Index);
                Assert.Equal(at, consumer.Cursor.Position);
                foreach (long position in (long[])[at, at + 1, consumer.Send.Position, _random.NextInt64(at, _model.Tail + 1), _model.Tail])
                    Assert.Equal(_model.NumberAt(position), _log.NumberAt(consumer.Cursor, position));
                if (consumer.Index < _model.Count)
                    Assert.Equal(_model.ContextAt(consumer.Index), ContextAt(consumer.Cursor));
            }

            var snapshot = _pool.Snapshot();
            Assert.InRange(snapshot.BacklogBytes, 0, _pool.ShareBytesMax(MemoryShare.Backlog));
            Assert.Equal(snapshot.OutstandingPages, _pool.DescribeOutstanding().Count);
        }

        private int ContextAt(LogCursor cursor)
        {
            int context = FanOutLog.ContextAt(cursor, out var scan);
            Assert.Equal(_model.ContextAt((int)scan.Number), context);
            while (scan.Position < cursor.Position)
            {
                Assert.True(scan.TryPeek(_log, cursor, out var entry));
                context = RequestsModel.ContextAfter(entry.Tag, context);
                scan.Pass(entry);
            }

            return context;
        }

        private void End()
        {
            foreach (var consumer in _consumers)
            {
                Send(consumer, int.MaxValue);
                Acknowledge(consumer, int.MaxValue);
                Assert.Equal(_model.Tail, consumer.Cursor.Position);
            }

            _log.Complete();
            while (_operations.Count > 0)
                EndOperation(0);
            Assert.Empty(_pool.DescribeOutstanding());
            foreach (var consumer in _consumers)
                _log.Leave(consumer.Cursor);
            Assert.Equal(0, _pool.Snapshot().OutstandingBytes);
        }
    }
}
