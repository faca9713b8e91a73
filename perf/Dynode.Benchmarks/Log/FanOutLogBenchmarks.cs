using BenchmarkDotNet.Attributes;
using Dynode.Benchmarks.Running;
using Dynode.Log;

namespace Dynode.Benchmarks.Log;

/// <summary>
/// What every request costs in the log, by the number of servers. Each operation is one request (raw: one burst) from its append
/// to the moment when no cursor holds it any more.
/// </summary>
public class FanOutLogBenchmarks
{
    private const int RequestBytes = 64;
    private const int BurstBytes = 16 << 10;

    /// <summary>More than a page of them, so that pages are opened and given back at the pace that traffic does it.</summary>
    private const int Requests = 4096;

    private const int Bursts = 64;

    private readonly byte[] _request = new byte[RequestBytes];
    private readonly byte[] _burst = new byte[BurstBytes];
    private FanOutLog _log = null!;
    private LogCursor[] _cursors = null!;

    [Params(1, 3, 16)]
    public int Cursors { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _log = new FanOutLog(new PagePool(64 << 20));
        _cursors = [.. Enumerable.Range(0, Cursors).Select(_ => _log.Join(awaitBoundary: false))];
    }

    /// <summary>Framed: requests are copied in, and each server answers one after the other.</summary>
    [Benchmark(OperationsPerInvoke = Requests)]
    [AllocatesNothing]
    [BytesPerOperation(RequestBytes)]
    public long AppendAndAcknowledge()
    {
        for (int i = 0; i < Requests; i++)
            Append(_request);
        foreach (var cursor in _cursors)
        {
            for (int i = 0; i < Requests; i++)
                _log.Advance(cursor, RequestBytes);
        }

        return _log.Tail;
    }

    /// <summary>Framed: what servers that are level with their clients do; the tail page is written again and again.</summary>
    [Benchmark]
    [AllocatesNothing]
    [BytesPerOperation(RequestBytes)]
    public long AppendAndAcknowledgeAtOnce()
    {
        Append(_request);
        foreach (var cursor in _cursors)
            _log.Advance(cursor, RequestBytes);
        return _log.Tail;
    }

    /// <summary>Raw: bytes are received where they stay, and sent from there.</summary>
    [Benchmark]
    [AllocatesNothing]
    [BytesPerOperation(BurstBytes)]
    public long ReceiveAndSend()
    {
        Receive();
        foreach (var cursor in _cursors)
            Send(cursor);
        return _log.Tail;
    }

    /// <summary>Raw: servers that are a megabyte behind.</summary>
    [Benchmark(OperationsPerInvoke = Bursts)]
    [AllocatesNothing]
    [BytesPerOperation(BurstBytes)]
    public long ReceiveAndSendLate()
    {
        for (int i = 0; i < Bursts; i++)
            Receive();
        foreach (var cursor in _cursors)
            Send(cursor);
        return _log.Tail;
    }

    /// <summary>A server that is down while the log is full: its oldest request goes, one at a time.</summary>
    [Benchmark(OperationsPerInvoke = Requests)]
    [AllocatesNothing]
    [BytesPerOperation(RequestBytes)]
    public long AppendAndDrop()
    {
        for (int i = 0; i < Requests; i++)
            Append(_request);
        foreach (var cursor in _cursors)
        {
            while (cursor.Position < _log.Tail)
                _log.DropOldest(cursor);
        }

        return _log.Tail;
    }

    /// <summary>A connection was lost in the middle of a request; the next one begins that request again.</summary>
    [Benchmark]
    [AllocatesNothing]
    public long Resume()
    {
        Append(_request);
        long repeated = 0;
        foreach (var cursor in _cursors)
        {
            _log.Advance(cursor, RequestBytes / 2);
            repeated += _log.Resume(cursor).RepeatedBytes;
            _log.Advance(cursor, RequestBytes);
        }

        return repeated == Cursors * (RequestBytes / 2) ? repeated : throw new InvalidOperationException("It did not go on where the request begins.");
    }

    /// <summary>A server comes, and goes: once in a connection's life.</summary>
    [Benchmark]
    public void JoinAndLeave() => _log.Leave(_log.Join(awaitBoundary: true));

    private void Append(byte[] request)
    {
        if (!_log.TryAppend(request, default, tag: 0))
            throw new InvalidOperationException("The pool is spent.");
    }

    private void Receive()
    {
        if (!_log.TryReserve(PageSize.Large, out var room, out _))
            throw new InvalidOperationException("The pool is spent.");
        _burst.CopyTo(room);
        _log.Commit(BurstBytes, boundary: true);
    }

    private void Send(LogCursor cursor)
    {
        while (FanOutLog.TryRead(cursor, out var bytes, out _))
            _log.Advance(cursor, bytes.Length);
    }
}
