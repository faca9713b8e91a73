namespace Dynode.Streams;

/// <summary>
/// Reads a stream as all others read it: each entry once, in the order of the numbers, judged by the rule, and given out one at a time where it counts. A state machine
/// over <see cref="IOrderedLog"/>, without a thread, a lock or a clock: whoever owns it runs it in turns, <see cref="Step"/> first, then <see cref="TryTake"/> as long as he has room.
/// <code>
///   Here ─▶ Listen ─▶ is what I read last there still? ─▶ Pull from the next to the last ─▶ take what was heard
///                                                            ▲                                │ a number is missing, or there was no room
///                                                            └────────────────────────────────┘
/// </code>
/// What is heard may have gaps, what is pulled has none: numbers alone decide. Whoever takes nothing has nothing more pulled, and what is heard is kept up to a bound; beyond it
/// nothing is heard any more, and all is pulled when there is room. A stream that is not what it was is never read on: <see cref="StreamStanding.IsStill"/>.
/// </summary>
public sealed class OrderReader : IDisposable
{
    private readonly IOrderedLog _log;
    private readonly StreamCourse _course;
    private long _now;

    /// <summary>Reads nothing before it is told from where: <see cref="BeginAt"/>, <see cref="BeginNewest"/>, <see cref="BeginOldest"/>.</summary>
    /// <param name="log">Its words are this reader's alone; started and disposed of by its owner.</param>
    /// <param name="protocol">What requests must be.</param>
    /// <param name="pullBytes">So much is pulled at a time, and an entry more, in bytes.</param>
    /// <param name="heardBytesMax">So much is kept of what is heard, in bytes of pages.</param>
    public OrderReader(IOrderedLog log, byte protocol, int pullBytes = 512 << 10, long heardBytesMax = 2 << 20)
    {
        _log = log;
        _course = new StreamCourse(log, protocol, pullBytes, heardBytesMax);
    }

    /// <summary>How it stands. Changes in turns.</summary>
    public StreamStanding Standing => _course.Trust.Standing;

    /// <summary>The stream that it reads; null: none has been seen.</summary>
    public StreamIdentity? Identity => _course.Trust.Identity;

    /// <summary>The stream as it was when it was asked last; null: it never was. Its leader is the last that is known.</summary>
    public StreamState? State => _course.Trust.State;

    /// <summary>Times that another server was found to lead the stream than before.</summary>
    public long LeaderChanges => _course.Trust.LeaderChanges;

    /// <summary>The lanes, as of the entry that was judged last.</summary>
    public Lanes Lanes => _course.Lanes;

    /// <summary>The highest number that is known to have been given.</summary>
    public ulong Last => _course.Last;

    /// <summary>All that is known of the stream has been judged and taken.</summary>
    public bool IsCurrent => _course.IsCurrent;

    /// <summary>What it has counted.</summary>
    public StreamCounters Counters => _course.Counters with { Deafened = _course.Hearing.Deafened };

    /// <summary>Told of each entry that is judged, whether it counts or not: its number and its hash.</summary>
    public Action<ulong, ulong>? Judged { get; init; }

    /// <summary>Of the lane that is published here; null: none. It is told what comes by, and when it may publish.</summary>
    public LanePublisher? Publisher
    {
        get => _course.Publisher;
        set => _course.Publisher = value;
    }

    /// <summary>From now on reads behind a place, if it is there: what was judged last there must be what the table says.</summary>
    /// <param name="place">The lanes, as of that place.</param>
    /// <param name="identity">Of the stream that the place is in.</param>
    public void BeginAt(Lanes place, StreamIdentity identity)
    {
        Lanes.CopyFrom(place);
        _course.Begin(StreamStart.Place, identity);
    }

    /// <summary>From now on reads behind the newest table of the lanes that is kept.</summary>
    /// <param name="identity">Of the stream; null: of whichever there is.</param>
    public void BeginNewest(StreamIdentity? identity = null) => _course.Begin(StreamStart.Newest, identity);

    /// <summary>From now on reads behind the oldest table of the lanes that is kept: so as little as can be is missing.</summary>
    /// <param name="identity">Of the stream; null: of whichever there is.</param>
    public void BeginOldest(StreamIdentity? identity = null) => _course.Begin(StreamStart.Oldest, identity);

    /// <summary>Takes what the log has to say, and asks it for what is needed.</summary>
    /// <param name="now">In ticks of 100 ns, of a clock that never goes back.</param>
    public void Step(long now)
    {
        _now = now;
        _course.Turn(now);
        while (_log.TryTake(out var word))
            Take(word);
        _course.Ask();
    }

    /// <summary>The next parcel that counts; those that do not are passed over.</summary>
    /// <returns>False: there is none yet, or <see cref="Standing"/> says why there is none.</returns>
    public bool TryTake(out StreamParcel parcel)
    {
        while (_course.TryNext(out var word))
        {
            var status = _course.Trust.Parcels!.Read(word.Parcel!, out var head);
            if (status != ParcelStatus.Whole)
            {
                word.Parcel!.Release();
                _course.CannotRead(word.Number, status, head);
                break;
            }

            _course.CouldRead();
            var verdict = Lanes.Judge(word.Number, word.Time, head);
            Judged?.Invoke(word.Number, head.Hash);
            _course.Counters.Count(verdict);
            Publisher?.Judged(head, verdict, _now);
            if (verdict == LaneVerdict.Counts)
            {
                parcel = new StreamParcel(word.Number, word.Time, head, word.Parcel!);
                return true;
            }

            word.Parcel!.Release();
        }

        parcel = default;
        return false;
    }

    /// <summary>Gives back all that was not taken. It may begin again.</summary>
    public void Dispose() => _course.Drop();

    private void Take(in StreamWord word)
    {
        switch (word.Kind)
        {
            case StreamWordKind.Here:
                _course.Here(word.State!);
                break;
            case StreamWordKind.Away:
                _course.Lost();
                _course.Trust.Lost(StreamStandingKind.Away, word.Text);
                break;
            case StreamWordKind.Fault:
                _course.Lost();
                _course.Trust.Lost(StreamStandingKind.Fault, word.Text);
                break;
            case StreamWordKind.Stands:
                _course.Stands(word.State!);
                break;
            case StreamWordKind.Heard or StreamWordKind.Missed:
                _course.Heard(word);
                break;
            case StreamWordKind.Pulled:
                _course.Pulled(word);
                break;
            case StreamWordKind.PullEnded:
                _course.PullEnded(isBroken: word.Text.Length > 0);
                break;
            default:
                Publisher?.Refusals.Note(word.Text);
                break;
        }
    }
}
