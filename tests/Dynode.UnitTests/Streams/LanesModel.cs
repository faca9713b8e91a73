using Dynode.Streams;

namespace Dynode.UnitTests.Streams;

/// <summary>
/// The rule as one would write it down who has all memory and all time: it forgets nothing, keeps each life of each lane, and looks through all of them for each entry.
/// </summary>
internal sealed class LanesModel
{
    private readonly List<Life> _lives = [];
    private readonly List<(ulong Number, long Time)> _entries = [];

    /// <summary>All that counted, in order.</summary>
    public List<(ulong Lane, ulong Number)> Counted { get; } = [];

    private IEnumerable<Life> Open => _lives.Where(life => life.IsOpen);

    public LaneVerdict Judge(ulong number, long time, in ParcelHead head)
    {
        long before = _entries.Count > 0 ? _entries[^1].Time : 0;
        _entries.Add((number, time));
        foreach (var life in Open.Where(life => time - before > Lanes.SilenceMax || time - life.Last.Time > Lanes.SilenceMax).ToList())
            life.IsOpen = false;

        ulong lane = head.Lane;
        if (Open.SingleOrDefault(life => life.Lane == lane) is { } open)
        {
            if (head.Number <= open.Last.Number)
                return LaneVerdict.Doubled;
            if (head.Number > open.Last.Number + 1)
                return LaneVerdict.Hole;
            open.Last = (head.Number, time);
            open.IsOpen = !head.IsClosing;
            Counted.Add((lane, head.Number));
            return LaneVerdict.Counts;
        }

        if (head.Number != 1)
            return LaneVerdict.Hole;
        if (!head.HasTable || head.AsOf >= number || MayHaveEnded(head.AsOf))
            return LaneVerdict.Closed;
        if (Open.Count() == Lanes.LanesMax)
            Open.OrderBy(life => life.Last.Time).ThenBy(life => life.Lane).First().IsOpen = false;
        _lives.Add(new Life(lane, head.AsOf) { Last = (1, time), IsOpen = !head.IsClosing });
        Counted.Add((lane, 1));
        return LaneVerdict.Counts;
    }

    /// <summary>A lane that was opened as of so early a number may have ended: one that was as late has, or the stream was silent since.</summary>
    private bool MayHaveEnded(ulong asOf)
    {
        if (_lives.Any(life => !life.IsOpen && life.AsOf >= asOf))
            return true;
        for (int i = 0; i < _entries.Count; i++)
        {
            long before = i > 0 ? _entries[i - 1].Time : 0;
            if (_entries[i].Time - before > Lanes.SilenceMax && _entries[i].Number - 1 > asOf)
                return true;
        }

        return false;
    }

    private sealed class Life(ulong lane, ulong asOf)
    {
        public ulong Lane { get; } = lane;

        public ulong AsOf { get; } = asOf;

        public (ulong Number, long Time) Last { get; set; }

        public bool IsOpen { get; set; }
    }
}
