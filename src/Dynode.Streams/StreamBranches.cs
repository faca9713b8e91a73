using Dynode.Log;

namespace Dynode.Streams;

/// <summary>
/// One connection to the engine that several read by, each for himself: the first one, whose words these are, listens and publishes; each <see cref="StreamBranch"/> pulls, beside him and the others.
/// <code>
///   engine ══▶ TryTake ─┬─ heard, its own pulls, all else ──▶ the first reader
///                       ├─ pulls of branch 1 ───────────────▶ StreamBranch ─▶ an <see cref="OrderReader"/>
///                       └─ … and to each that there is a connection, or none
/// </code>
/// A branch has its words when the first reader has taken all of his. Where the stream stands is asked for one after the other, so that nobody takes an answer for his that was given before he had asked.
/// In turns only.
/// </summary>
public sealed class StreamBranches : IOrderedLog
{
    private readonly IOrderedLog _log;
    private readonly List<StreamBranch> _branches = [];
    private readonly HashSet<int> _asked = [];
    private readonly HashSet<int> _asks = [];

    // Of branches that are no more, with a pull that has not ended.
    private readonly HashSet<int> _closing = [];

    /// <summary>Nothing is asked of it yet.</summary>
    /// <param name="log">Its words are this one's alone; disposed of with it.</param>
    public StreamBranches(IOrderedLog log) => _log = log;

    /// <summary>There is a connection.</summary>
    internal bool IsHere { get; private set; }

    /// <summary>Another reader beside the first: what he is told begins with how the stream stands, which is asked for.</summary>
    public StreamBranch Open()
    {
        int reader = 1;
        while (_closing.Contains(reader) || _asked.Contains(reader) || _branches.Exists(branch => branch.Reader == reader))
            reader++;
        var opened = new StreamBranch(this, reader);
        _branches.Add(opened);
        if (IsHere)
            Look(reader);
        return opened;
    }

    /// <inheritdoc/>
    public void Start(Action wake) => _log.Start(wake);

    /// <inheritdoc/>
    public bool TryTake(out StreamWord word)
    {
        while (_log.TryTake(out word))
        {
            if (word.Kind is StreamWordKind.Here or StreamWordKind.Away or StreamWordKind.Fault)
                Turn(word);
            else if (word.Kind == StreamWordKind.Stands ? !IsFirsts(word) : !IsFirstsOwn(word))
                continue;
            return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public void Publish(ulong lane, PageChain parcel) => _log.Publish(lane, parcel);

    /// <inheritdoc/>
    public void Listen() => _log.Listen();

    /// <inheritdoc/>
    public void Deafen() => _log.Deafen();

    /// <inheritdoc/>
    public void Pull(ulong from, int bytesMax, int reader = 0) => _log.Pull(from, bytesMax, reader);

    /// <inheritdoc/>
    public void Look() => Look(0);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _log.DisposeAsync();

    internal void Look(int reader)
    {
        // Whoever asks again has waited for too long: the answer may be lost.
        if (_asked.Count == 0 || _asked.Contains(reader))
            _log.Look();
        (_asked.Count == 0 ? _asked : _asks).Add(reader);
    }

    internal void Close(StreamBranch branch, bool isPulling)
    {
        if (isPulling)
            _closing.Add(branch.Reader);
        _branches.Remove(branch);
        _asks.Remove(branch.Reader);
    }

    private void Turn(in StreamWord word)
    {
        IsHere = word.Kind == StreamWordKind.Here;
        _asked.Clear();
        _asks.Clear();
        _closing.Clear();
        foreach (var branch in _branches)
            branch.Say(word);
    }

    /// <returns>True: the first reader has asked, too.</returns>
    private bool IsFirsts(in StreamWord word)
    {
        // Nobody has asked: then it is the engine that says so.
        bool isFirsts = _asked.Count == 0 || _asked.Contains(0);
        foreach (var branch in _branches)
        {
            if (_asked.Contains(branch.Reader))
                branch.Stands(word);
        }

        _asked.Clear();
        if (_asks.Count > 0)
        {
            _asked.UnionWith(_asks);
            _asks.Clear();
            _log.Look();
        }

        return isFirsts;
    }

    private bool IsFirstsOwn(in StreamWord word)
    {
        int reader = word.Reader;
        if (reader == 0)
            return true;
        if (word.Kind == StreamWordKind.PullEnded)
            _closing.Remove(reader);
        if (_branches.Find(branch => branch.Reader == reader) is { } branch)
            branch.Pulled(word);
        else
            word.Parcel?.Release();
        return false;
    }
}
