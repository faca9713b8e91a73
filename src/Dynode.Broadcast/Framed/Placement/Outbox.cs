using Dynode.Broadcast.Framed.Answers;
using Dynode.Broadcast.Framed.Sequence;
using Dynode.Broadcast.Plane;
using Dynode.Log;
using Dynode.Protocols;
using Dynode.Streams;

namespace Dynode.Broadcast.Framed.Placement;

/// <summary>
/// Clients' requests on their way to the stream: a log with one cursor, whose requests are numbered as those in <see cref="Waiting"/>. What a turn has
/// left in it is the next parcel, so parcels grow by themselves while the stream is slow. In turns only.
/// </summary>
internal sealed class Outbox : IOutbox, IEntryRoom
{
    /// <summary>Of a backlog: what is here is there once more as soon as it has its place.</summary>
    private const int BacklogShare = 4;

    private readonly DataPlane _plane;
    private readonly Waiting _waiting;
    private readonly OwnAnswers _own;
    private readonly IServers _servers;
    private readonly ParcelWriter _writer;
    private readonly FanOutLog _log;
    private readonly LogCursor _cursor;
    private long _voterlessSince = Clock.Never;

    public Outbox(DataPlane plane, Waiting waiting, OwnAnswers own, IServers servers)
    {
        (_plane, _waiting, _own, _servers) = (plane, waiting, own, servers);
        _writer = new ParcelWriter(plane.Pool, MemoryShare.Backlog);
        _log = new FanOutLog(plane.Pool);
        _cursor = _log.Join(awaitBoundary: false);
    }

    /// <summary>The longest parcel that the engine takes, in bytes; 0: it is not known yet.</summary>
    public int ParcelBytesMax { get; set; }

    /// <summary>Parcels that are laid out from now on are of no newer version.</summary>
    public byte VersionMax { set => _writer.WriteFor(value); }

    /// <summary>In no parcel yet, in bytes.</summary>
    public long Bytes => _log.Tail - _cursor.Position;

    /// <summary>Parcels that were laid out.</summary>
    public long Parcels { get; private set; }

    /// <summary>Requests in them.</summary>
    public long ParcelRequests { get; private set; }

    /// <summary>Nothing is left that is in no parcel.</summary>
    public bool IsEmpty => _waiting.Sent == _waiting.Next;

    private bool NobodyAnswers => _servers.Voters.Count == 0;

    /// <inheritdoc/>
    public bool HasFor(long length, bool waits) =>
        _waiting.HasRoom && (Bytes == 0 || Bytes + length <= _plane.Settings.BacklogBytesMax / BacklogShare) && (!waits || !NobodyAnswers || IsTiredOfNobody());

    /// <inheritdoc/>
    public void Served(long now, bool isHeld, bool forMemory)
    {
        if (!NobodyAnswers)
            _voterlessSince = Clock.Never;
    }

    /// <inheritdoc/>
    public OutboxOutcome Append(
        ISequencedClient client,
        in RequestVerdict verdict,
        bool isToAnswer,
        AccessedRequests.Accessed? accessed,
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> rest,
        PageChain? chain)
    {
        // It would be carried out elsewhere, and nobody here could say what came of it.
        if (isToAnswer && NobodyAnswers)
        {
            chain?.Release();
            _own.ReplyError(client.Answered, ErrorReason.NoPlace, AnswerText.NotKeptNoServer);
            return OutboxOutcome.Refused;
        }

        if (IsTooLong(chain?.Length ?? first.Length + rest.Length))
        {
            chain?.Release();
            _own.ReplyError(client.Answered, ErrorReason.NoPlace, AnswerText.LongerThanLog(ParcelBytesMax - ParcelWriter.AroundOne));
            return OutboxOutcome.Refused;
        }

        uint tag = ParcelTag.Of(verdict).Bits;
        if (!(chain is null ? _log.TryAppend(first, rest, tag) : _log.TryAdopt(chain, tag)))
            return OutboxOutcome.NoMemory;
        _waiting.Add(client.Answered, verdict, isToAnswer, accessed, client.ReceivedAt);
        return OutboxOutcome.Taken;
    }

    /// <summary>Lays out what is here, as far as it goes into one parcel; it is here no more then.</summary>
    /// <param name="parcel">Empty; the caller's, and empty still where nothing is left, or it does not come about.</param>
    /// <returns>False: there is no memory for it now.</returns>
    public bool TryTake(PageChain parcel)
    {
        long most = Bytes + ((_waiting.Next - _waiting.Sent) * ParcelWriter.AroundOne);
        if (!_writer.TryBegin(parcel, (int)Math.Min(most, PageChain.PageBytesMax)))
            return false;
        var scan = LogScan.At(_log, _cursor);
        long number = _waiting.Sent;
        for (; scan.TryPeek(_log, _cursor, out var entry); number++)
        {
            if (!_waiting[number].IsDropped && IsTooLong(entry.Length))
                Refuse(number);
            if (!_waiting[number].IsDropped)
            {
                if (!_writer.TryAdd((int)entry.Length, entry.Tag, (uint)_waiting[number].Verdict.Database))
                    break;
                if (!TryWrite(scan, entry))
                {
                    parcel.Release();
                    return false;
                }
            }

            scan.Pass(entry);
        }

        _writer.End();
        while (_waiting.Sent < number)
            _waiting.Send();
        _log.Advance(_cursor, scan.Position - _cursor.Position);
        if (_writer.Count == 0)
        {
            parcel.Release();
            return true;
        }

        Parcels++;
        ParcelRequests += _writer.Count;
        return true;
    }

    /// <summary>What was taken out at the front goes, whether or not anything can be published.</summary>
    public void LeaveDropped()
    {
        if (IsEmpty || !_waiting[_waiting.Sent].IsDropped)
            return;
        var scan = LogScan.At(_log, _cursor);
        while (!IsEmpty && _waiting[_waiting.Sent].IsDropped && scan.TryPeek(_log, _cursor, out var entry))
        {
            scan.Pass(entry);
            _waiting.Send();
        }

        _log.Advance(_cursor, scan.Position - _cursor.Position);
    }

    /// <summary>Nothing is under way: a large page goes back.</summary>
    public void Rest() => _log.Rest();

    /// <summary>Gives back all pages; nothing is appended any more.</summary>
    public void Release()
    {
        _log.Leave(_cursor);
        _log.Complete();
    }

    private bool IsTooLong(long length) => ParcelBytesMax > 0 && length + ParcelWriter.AroundOne > ParcelBytesMax;

    /// <summary>The engine takes less than it did when it came.</summary>
    public void Refuse(long number) =>
        _own.Refuse(_waiting[number].Client, number, _waiting[number].IsToAnswer, ErrorReason.NoPlace, AnswerText.LongerThanLog(ParcelBytesMax - ParcelWriter.AroundOne));

    private bool TryWrite(LogScan scan, in LogEntry entry)
    {
        for (long left = entry.Length; left > 0 && scan.TryRead(_log, _cursor, out var bytes, out _);)
        {
            int count = (int)Math.Min(left, bytes.Length);
            if (!_writer.TryWrite(bytes.Span[..count]))
                return false;
            scan.Skip(count);
            left -= count;
        }

        return true;
    }

    /// <summary>Where nobody here could answer, clients are held for as long as it may take until this broadcaster has a server that another had, and its place; they are refused then.</summary>
    private bool IsTiredOfNobody()
    {
        long now = _plane.Clock.Now;
        if (_voterlessSince == Clock.Never)
            _voterlessSince = now;
        return now - _voterlessSince >= (_plane.Settings.ClaimLease + _plane.Settings.PlaceTimeout).Ticks;
    }
}
