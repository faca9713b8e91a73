using System.Collections.Immutable;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Plane;
using Dynode.Streams;
using Dynode.Streams.Claims;

namespace Dynode.Broadcast.Framed.Placement;

/// <summary>Who else delivers to servers of this stream, and what those are told of this one: which servers it lists, and which of them it cannot reach. In turns only, but for what the watch itself does.</summary>
/// <param name="plane">Settings, clock.</param>
/// <param name="ordered">Beside it that is said.</param>
/// <param name="changed">Something else is known. Any thread; must return at once.</param>
internal sealed class OtherBroadcasters(DataPlane plane, OrderedLog ordered, Action changed) : IAsyncDisposable
{
    private readonly HashSet<string> _away = [];
    private string[] _names = [];
    private volatile LivingWatch? _watch;
    private volatile bool _isNews;
    private readonly RateLimit _line = new(plane.Clock, BackendReport.Interval);
    private string _said = "";

    /// <summary>Who lives; null: it is not known yet. Any thread.</summary>
    public Living? Living => _watch?.Living;

    /// <summary>Those that live beside this one, as far as is known. Any thread.</summary>
    public ImmutableArray<LivingOne> Beside => Living is { } living ? living.All.RemoveAll(one => one.Broadcaster == ordered.Broadcaster) : [];

    /// <summary>Some server held data that are not of the stream; null: it is not known.</summary>
    public bool? HadData => Living?.HadData;

    /// <summary>Why it is not known who lives, or who lives is not told of this one; empty: all is well.</summary>
    public string Text => Living is { } living && !ParcelVersions.AreCommon(living.ParcelsTo)
        ? $"{living.All.MinBy(static one => one.ParcelsTo)!.Where} reads parcels of version {living.ParcelsTo} at most, and this one writes none older than {ParcelVersions.Oldest}: upgrade that one; nothing is published until then"
        : _watch?.Text ?? "";

    /// <summary>The newest version of a parcel that all read: where nobody is known the oldest that there is.</summary>
    public byte ParcelsTo => Living?.ParcelsTo ?? ParcelVersions.Oldest;

    /// <summary>These are listed, the ones first that are rather wanted.</summary>
    public void List(string[] names)
    {
        _names = names;
        _away.IntersectWith(names);
        if (_watch is { } watch)
            watch.List(names, _away);
        else
            _watch = new LivingWatch(ordered.Keys, ordered.Broadcaster, ordered.Where, names, plane.Settings.ClaimLease, plane.Clock.Time, KnowsMore);
    }

    /// <summary>One of them can be reached from here, or cannot: whoever can is to have it.</summary>
    /// <returns>True: that is news.</returns>
    public bool TryNoteReach(string name, bool isReached)
    {
        if (!(isReached ? _away.Remove(name) : _away.Add(name)))
            return false;
        _watch?.List(_names, _away);
        return true;
    }

    /// <summary>A claim to a server, which knows of the others.</summary>
    /// <param name="name"><see cref="NameOf"/>.</param>
    public ServerClaim NewClaim(string name) =>
        new(ordered.Keys, name, ordered.Broadcaster, ordered.Where, plane.Settings.ClaimLease, plane.Clock.Time, changed, () => Living);

    /// <summary>What a server is known by to all: an address of this machine's own is another server on every machine.</summary>
    public string NameOf(BackendAddress address)
    {
        string text = address.ToString();
        bool isOwn = text.StartsWith("127.", StringComparison.Ordinal) || text.StartsWith("localhost:", StringComparison.OrdinalIgnoreCase) || text.StartsWith("[::1]", StringComparison.Ordinal);
        return isOwn ? $"{ordered.Machine}/{text}" : text;
    }

    /// <summary>Something else is known than when this was asked last.</summary>
    public bool TakeNews()
    {
        bool isNews = _isNews;
        _isNews = false;
        return isNews;
    }

    /// <summary>Says, once, what is wrong.</summary>
    public void Report()
    {
        string text = Text;
        if (text == _said || (text.Length > 0 && !_line.TryPass()))
            return;
        _said = text;
        if (text.Length > 0)
            plane.Logger.OthersUnknown(text);
        else
            plane.Logger.OthersKnown();
    }

    /// <summary>One does: it is written at once.</summary>
    public void NoteData() => _watch?.NoteData();

    /// <summary>It can be asked now.</summary>
    public void Hurry() => _watch?.Hurry();

    /// <summary>This one lives no more.</summary>
    public Task LeaveAsync(CancellationToken cancellation) => _watch?.LeaveAsync(cancellation) ?? Task.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _watch?.DisposeAsync() ?? ValueTask.CompletedTask;

    private void KnowsMore()
    {
        _isNews = true;
        changed();
    }
}
