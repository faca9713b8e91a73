using System.Globalization;
using Dynode.Broadcast.Plane;
using Dynode.Streams;

namespace Dynode.Broadcast.Framed.Placement;

/// <summary>Says how it stands with the stream, when that has changed, and at most now and then what was not kept. In turns only.</summary>
internal sealed class FeedReport(DataPlane plane, Patience patience)
{
    private readonly RateLimit _line = new(plane.Clock, Backends.BackendReport.Interval);
    private StreamStanding _said;
    private long _awaySince = Clock.Never;
    private string _leader = "";
    private string _differences = "";
    private readonly RateLimit _refusals = new(plane.Clock, Backends.BackendReport.Interval);
    private string _refusal = "";
    private long _refused;
    private bool _isRefusing;
    private long _given;
    private int _parcelBytesMax;

    public void Look(OrderReader reader, LanePublisher publisher, bool hasBegun)
    {
        SayRefusal(publisher.Refusals);
        var standing = reader.Standing;
        bool isNew = (standing.Kind, standing.Text) != (_said.Kind, _said.Text);

        // Before it is decided from where it is read, and before anybody has said why it is not there, there is nothing to say.
        // Where no table is kept it looks again and again: that is said once.
        isNew &= standing.Kind != StreamStandingKind.Seeking || _said.Kind != StreamStandingKind.NoTable;
        if (isNew && (hasBegun || standing.Kind is StreamStandingKind.Away or StreamStandingKind.Fault) && (standing.Kind != StreamStandingKind.Away || standing.Text.Length > 0))
        {
            _said = standing;
            Say(standing, reader);
        }

        SayLeader(reader.State?.Leader ?? "");
        SayDifferences(reader.State?.Differences ?? "");

        if (standing.Kind == StreamStandingKind.Reading)
            SayLength(publisher.ParcelBytesMax);
        long given = patience.NotKept + patience.Unknown;
        if (given == _given || !_line.TryPass())
            return;
        _given = given;
        plane.Logger.NotKept(patience.NotKept, patience.NotKeptUntold, patience.Unknown);
    }

    /// <summary>Once for each text, and when it is over: what lasts is refused again and again.</summary>
    private void SayRefusal(LaneRefusals refusals)
    {
        bool isNew = refusals.Count != _refused && (!_isRefusing || refusals.Last != _refusal);
        _refused = refusals.Count;
        if (isNew && _refusals.TryPass())
        {
            plane.Logger.LogRefuses(_refusal = refusals.Last);
            _isRefusing = true;
        }

        if (!_isRefusing || refusals.Lasts)
            return;
        _isRefusing = false;
        plane.Logger.LogTakes();
    }

    private void SayLength(int parcelBytesMax)
    {
        if (parcelBytesMax == _parcelBytesMax)
            return;
        _parcelBytesMax = parcelBytesMax;
        long configured = plane.Settings.Framing.RequestBytesMax;
        if (parcelBytesMax - ParcelWriter.AroundOne < configured)
            plane.Logger.RequestsShorter(parcelBytesMax - ParcelWriter.AroundOne, configured, parcelBytesMax);
    }

    private void SayLeader(string leader)
    {
        if (leader.Length == 0 || leader == _leader)
            return;
        if (_leader.Length > 0)
            plane.Logger.LeaderChanged(leader, _leader);
        _leader = leader;
    }

    private void SayDifferences(string differences)
    {
        if (differences == _differences)
            return;
        _differences = differences;
        if (differences.Length > 0)
            plane.Logger.StreamDiffers(differences);
        else
            plane.Logger.StreamAsMade();
    }

    private void Say(in StreamStanding standing, OrderReader reader)
    {
        if (standing.Kind is StreamStandingKind.Away or StreamStandingKind.Fault && _awaySince == Clock.Never)
            _awaySince = plane.Clock.Now;
        switch (standing.Kind)
        {
            case StreamStandingKind.Away:
                plane.Logger.LogAway(standing.Text);
                break;
            case StreamStandingKind.Fault:
                plane.Logger.LogFault(standing.Text);
                break;
            case StreamStandingKind.Seeking:
                break;
            case StreamStandingKind.Reading:
                SayHere(reader);
                break;
            default:
                plane.Logger.LogStandsStill(standing.Mine, Why(standing));
                break;
        }
    }

    private void SayHere(OrderReader reader)
    {
        string again = _awaySince == Clock.Never ? "" : string.Create(CultureInfo.InvariantCulture, $", after {TimeSpan.FromTicks(plane.Clock.Now - _awaySince).TotalSeconds:0.0} s without it");
        _awaySince = Clock.Never;
        plane.Logger.LogHere(again, $"{reader.Identity}", reader.Last, reader.State?.Where ?? "", (reader.State?.RoundTrip ?? 0) / 1000.0);
    }

    /// <summary>Why it is not read, in words; empty: it is.</summary>
    public static string Why(in StreamStanding standing) => standing.Kind switch
    {
        StreamStandingKind.Reading => "",
        StreamStandingKind.Away => $"the log is away: {standing.Text}",
        StreamStandingKind.Fault => $"the log cannot be used: {standing.Text}",
        StreamStandingKind.Seeking => "it looks from where to read the log",
        StreamStandingKind.Damaged => $"entry {standing.Theirs} is damaged or missing, each time that it is asked for",
        StreamStandingKind.Unknown => $"entry {standing.Theirs} is of a version that this one does not know: upgrade it",
        StreamStandingKind.Foreign => $"entry {standing.Theirs} has requests of another protocol: broadcasters of two protocols publish into one stream",
        StreamStandingKind.WentBack => $"the stream ends at {standing.Theirs}: it has lost what it had acknowledged",
        StreamStandingKind.Forked => "the stream has another entry there: it has lost what it had acknowledged, and went on",
        StreamStandingKind.OtherStream => "it is another stream of the same name, made later",
        StreamStandingKind.Retention => $"the stream keeps nothing before {standing.Theirs}",
        _ => "the stream keeps no table of the lanes to begin from",
    };
}
