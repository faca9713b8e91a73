using CsCheck;
using Dynode.Log;

namespace Dynode.UnitTests.Log;

/// <summary>Random histories of a log, step by step against <see cref="LogModel"/>. A failure prints the seed that replays it (CsCheck_Seed).</summary>
public sealed class FanOutLogModelTests
{
    private enum Act
    {
        AppendSmall,
        AppendLarge,
        AppendBig,
        Send,
        SendAll,
        BeginOperation,
        EndOperation,
        DropOldest,
        DropAll,
        Resume,
        Join,
        Leave,
        Rest,
    }

    private static readonly Gen<(Act Act, int A, int B)[]> Histories =
        Gen.Select(Gen.Enum<Act>(), Gen.Int[0, 1 << 20], Gen.Int[0, 1 << 20]).Array[1, 250];

    [Fact]
    public void The_log_is_indistinguishable_from_its_model() =>
        Histories.Sample(history => new History().Run(history), iter: 1_000);

    private sealed class History
    {
        private readonly PagePool _pool = new(PagePool.BytesMaxLeast);
        private readonly LogModel _model = new();
        private readonly List<(LogCursor Real, ModelCursor Model)> _cursors = [];
        private readonly List<(Page Page, ReadOnlyMemory<byte> Lent, byte[] Expected)> _operations = [];
        private readonly FanOutLog _log;
        private byte _next;

        public History() => _log = new FanOutLog(_pool);

        public void Run((Act Act, int A, int B)[] history)
        {
            Join(awaitBoundary: false);
            foreach (var (act, a, b) in history)
            {
                Step(act, a, b);
                Check();
            }

            End();
        }

        private void Step(Act act, int a, int b)
        {
            var (cursor, model) = _cursors.Count > 0 ? _cursors[b % _cursors.Count] : default;
            switch (act)
            {
                case Act.AppendSmall:
                    Append(PageSize.Small, 1 + (a % 200), b % 3 > 0);
                    break;
                case Act.AppendLarge:
                    Append(PageSize.Large, 1 + (a % 2_000), b % 3 > 0);
                    break;
                case Act.AppendBig:
                    Append(PageSize.Large, 1 + a, b % 2 > 0);
                    break;
                case Act.Send when cursor is not null && FanOutLog.TryRead(cursor, out var bytes, out _):
                    Send(cursor, model, bytes, 1 + (a % bytes.Length));
                    break;
                case Act.SendAll when cursor is not null:
                    while (FanOutLog.TryRead(cursor, out var rest, out _))
                        Send(cursor, model, rest, rest.Length);
                    break;
                case Act.BeginOperation when cursor is not null && FanOutLog.TryRead(cursor, out var lent, out var page):
                    page.AddRef();
                    _operations.Add((page, lent, lent.ToArray()));
                    break;
                case Act.EndOperation when _operations.Count > 0:
                    EndOperation(a % _operations.Count);
                    break;
                case Act.DropOldest when cursor is not null:
                    long from = cursor.Position;
                    long requests = model.Drop(_model);
                    Assert.Equal(new LogDrop(model.Position - from, requests), _log.DropOldest(cursor));
                    break;
                case Act.DropAll when cursor is not null:
                    DropAll(cursor, model);
                    break;
                case Act.Resume when cursor is not null:
                    Resume(cursor, model);
                    break;
                case Act.Join when _cursors.Count < 6:
                    Join(awaitBoundary: a % 2 == 0);
                    break;
                case Act.Leave when _cursors.Count > 1:
                    _log.Leave(cursor!);
                    _cursors.RemoveAt(b % _cursors.Count);
                    break;
                case Act.Rest:
                    _log.Rest();
                    break;
                default:
                    break;
            }
        }

        private void Append(PageSize size, int count, bool boundary)
        {
            // The first byte of a log always begins a request.
            boundary |= _model.Tail == 0;
            if (!_log.TryReserve(size, out var room, out var page))
            {
                Assert.True(_pool.Snapshot().BacklogBytes + PagePool.SmallPageBytes > _pool.ShareBytesMax(MemoryShare.Backlog) || _pool.Snapshot().SlabBytes > _pool.BytesMax / 2);
                return;
            }

            Assert.NotNull(page);
            Assert.True(room.Length > 0);
            count = Math.Min(count, room.Length);
            for (int i = 0; i < count; i++)
                room.Span[i] = _next++;
            _model.Append(room.Span[..count], boundary);
            _log.Commit(count, boundary);
        }

        private void Send(LogCursor cursor, ModelCursor model, ReadOnlyMemory<byte> bytes, int count)
        {
            Assert.Equal(_model.Bytes(model.Position, bytes.Length), bytes.ToArray());
            _log.Advance(cursor, count);
            model.Position += count;
        }

        private void DropAll(LogCursor cursor, ModelCursor model)
        {
            long from = model.Position;
            long requests = 0;
            while (model.Position < _model.Tail)
                requests += model.Drop(_model);
            Assert.Equal(new LogDrop(model.Position - from, requests), _log.DropAll(cursor));
        }

        private void Resume(LogCursor cursor, ModelCursor model)
        {
            long held = model.Position;
            long? pageStart = cursor.Page?.Start;
            var verdict = _log.Resume(cursor);
            if (held == _model.Tail)
            {
                Assert.Equal(default, verdict);
            }
            else if (_model.IsBoundary(held))
            {
                Assert.Equal(new LogResume(true, 0, default), verdict);
                model.Awaits = false;
            }
            else if (!model.Awaits && _model.StartOf(held) >= pageStart)
            {
                model.Position = _model.StartOf(held);
                Assert.Equal(new LogResume(true, held - model.Position, default), verdict);
            }
            else
            {
                long requests = model.Drop(_model);
                Assert.Equal(new LogResume(!model.Awaits, 0, new LogDrop(model.Position - held, requests)), verdict);
            }
        }

        private void Join(bool awaitBoundary)
        {
            awaitBoundary &= _model.Tail > 0;
            _cursors.Add((_log.Join(awaitBoundary), new ModelCursor { Position = _model.Tail, Awaits = awaitBoundary }));
        }

        private void EndOperation(int index)
        {
            var (page, lent, expected) = _operations[index];
            Assert.Equal(expected, lent.ToArray());
            page.Release();
            _operations.RemoveAt(index);
        }

        private void Check()
        {
            Assert.Equal(_model.Tail, _log.Tail);
            Assert.Equal(_model.Boundaries, _log.Boundaries);
            Assert.Equal(_cursors.Count == 0 ? 0 : _model.Tail - _cursors.Min(c => c.Model.Position), _log.Backlog);
            foreach (var (cursor, model) in _cursors)
            {
                Assert.Equal(model.Position, cursor.Position);
                Assert.Equal(model.Awaits, cursor.AwaitsBoundary);
                Assert.Equal(_model.IsBoundary(model.Position) && model.Position < _model.Tail, FanOutLog.IsAtBoundary(cursor));
            }

            var snapshot = _pool.Snapshot();
            Assert.InRange(snapshot.SlabBytes, snapshot.OutstandingBytes, snapshot.BytesMax);
            Assert.Equal(snapshot.OutstandingPages, _pool.DescribeOutstanding().Count);
        }

        private void End()
        {
            // What is left is read by all, byte by byte what the model holds; then nothing may be out.
            _log.Complete();
            foreach (var (cursor, model) in _cursors)
            {
                while (FanOutLog.TryRead(cursor, out var bytes, out _))
                    Send(cursor, model, bytes, bytes.Length);
                Assert.Equal(_model.Tail, cursor.Position);
            }

            while (_operations.Count > 0)
                EndOperation(0);
            Assert.Empty(_pool.DescribeOutstanding());
            foreach (var (cursor, _) in _cursors)
                _log.Leave(cursor);
            Assert.Equal(0, _pool.Snapshot().OutstandingBytes);
            _pool.Trim();
            _pool.Trim();
            Assert.Equal(0, _pool.Snapshot().SlabBytes);
        }
    }
}
