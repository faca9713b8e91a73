namespace Dynode.Streams.Claims;

/// <summary>
/// Says beside the stream that a broadcaster lives and which servers it lists, each third of the lease, and watches who else does: one whose line has not changed for a whole
/// lease is dead, by this one's own clock, which does not jump. What it knows may be read from any thread.
/// <code>
///   living   ─ a line of each: beat, slot ──▶ list.0, list.1, …   the servers of whoever has that slot
/// </code>
/// </summary>
public sealed class LivingWatch : IAsyncDisposable
{
    /// <summary>Others write the same key: whoever was slower tries again at once, so many times.</summary>
    private const int Attempts = 4;

    private readonly IStreamKeys _keys;
    private readonly string _broadcaster;
    private readonly string _where;
    private readonly TimeSpan _lease;
    private readonly TimeProvider _time;
    private readonly Action _changed;
    private readonly Dictionary<string, Seen> _others = [];
    private readonly LookLoop _looks;
    private volatile ServerList _servers;
    private volatile Living? _living;
    private volatile string _text = "";
    private volatile bool _mustNoteData;
    private bool _hadData;
    private ServerList? _written;
    private int _slot = -1;
    private ulong _list;
    private ulong _beat;
    private long _beatAt;

    /// <summary>Begins to look, and to say so.</summary>
    /// <param name="keys">Beside the stream.</param>
    /// <param name="broadcaster">16 hexadecimal digits, of this life.</param>
    /// <param name="where">The same for people.</param>
    /// <param name="servers">What it lists at first, by name, those first that it would rather have.</param>
    /// <param name="lease">How long one is taken to live that does not say so.</param>
    /// <param name="time">The clock.</param>
    /// <param name="changed">It knows something else now. Any thread; must return at once.</param>
    public LivingWatch(IStreamKeys keys, string broadcaster, string where, IEnumerable<string> servers, TimeSpan lease, TimeProvider time, Action changed)
    {
        (_keys, _broadcaster, _where, _lease, _time, _changed) = (keys, broadcaster, where, lease, time, changed);
        _servers = ServerList.Of(broadcaster, servers);
        _looks = new LookLoop(lease, time, async cancellation => _text = await LookAsync(cancellation).ConfigureAwait(false), why => _text = why);
    }

    /// <summary>Who lives; null: it has not looked yet, or could not.</summary>
    public Living? Living => _living;

    /// <summary>Why nothing more is known, in words; empty: all is.</summary>
    public string Text => _text;

    /// <summary>It lists these now: said at the next look, within a second.</summary>
    /// <param name="servers">Those first that it would rather have.</param>
    /// <param name="away">Those of them that it cannot reach.</param>
    public void List(IEnumerable<string> servers, IEnumerable<string>? away = null) => _servers = ServerList.Of(_broadcaster, servers, away);

    /// <summary>Some server holds data that are not of the stream: it is written at once, and known to all (<see cref="Living.HadData"/>) when it is.</summary>
    public void NoteData()
    {
        _mustNoteData = true;
        _looks.Hurry();
    }

    /// <summary>There may be an answer now: it looks at once. Any thread.</summary>
    public void Hurry() => _looks.Hurry();

    /// <summary>Says that it lives no more, so that others need not wait for that.</summary>
    /// <param name="cancellation">Ends the wait: they see it after a lease then.</param>
    public async Task LeaveAsync(CancellationToken cancellation)
    {
        await DisposeAsync().ConfigureAwait(false);
        try
        {
            for (int attempt = 0; attempt < Attempts; attempt++)
            {
                var value = await _keys.GetAsync(LivingTable.Key, cancellation).ConfigureAwait(false);
                if (value is null || LivingTable.Read(value.Value.Span) is not { } table || table.Lines.All(line => line.Broadcaster != _broadcaster)
                    || await _keys.TryPutAsync(LivingTable.Key, table.Without(line => line.Broadcaster == _broadcaster).Write(), value.Revision, cancellation).ConfigureAwait(false) is not null)
                {
                    return;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Then it is dead after a lease: others wait for that.
            _text = e.Message;
        }
    }

    /// <summary>Looks no more; others take it for dead after a lease.</summary>
    public ValueTask DisposeAsync() => _looks.DisposeAsync();

    /// <returns>What is wrong; empty: nothing.</returns>
    private async Task<string> LookAsync(CancellationToken cancellation)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            var value = await _keys.GetAsync(LivingTable.Key, cancellation).ConfigureAwait(false);
            if ((value is null ? LivingTable.Empty : LivingTable.Read(value.Value.Span)) is not { } table)
                return $"{LivingTable.Key} holds something else";
            bool isNews = See(table, _time.GetTimestamp());
            foreach (var line in table.Lines)
            {
                if (_others.TryGetValue(line.Broadcaster, out var seen) && seen.List != line.List)
                    isNews |= await ReadListAsync(line, seen, cancellation).ConfigureAwait(false);
            }

            bool isSaid = await TrySayAsync(table, value?.Revision ?? 0, cancellation).ConfigureAwait(false);
            if (isSaid && _slot < 0)
            {
                // Nobody waits for one that nobody knows: it had better wait for them.
                _living = null;
                return $"{LivingTable.Max} broadcasters live, and there is no place for one more: this one takes no server until one of them has gone";
            }

            if (isNews || _living is null)
                Know();
            if (isSaid)
                return "";
        }

        return "others write it all the time";
    }

    /// <summary>Which lines have changed, and when: who is new, who lives, who has gone.</summary>
    private bool See(LivingTable table, long now)
    {
        bool isNews = _hadData != table.HadData;
        _hadData = table.HadData;
        foreach (var line in table.Lines)
        {
            if (line.Broadcaster == _broadcaster)
                continue;
            if (!_others.TryGetValue(line.Broadcaster, out var seen))
            {
                _others.Add(line.Broadcaster, seen = new Seen { Since = now, Line = line });
                isNews = true;
            }
            else if (seen.Line.Beat != line.Beat)
            {
                isNews |= !seen.IsProven || !Lives(seen);
                (seen.IsProven, seen.Since, seen.Line) = (true, now, line);
            }
        }

        foreach (var (other, seen) in _others)
        {
            bool isGone = table.Lines.All(line => line.Broadcaster != other);
            isNews |= isGone || (seen.WasLiving && !Lives(seen));
            seen.WasLiving = Lives(seen);
            if (isGone)
                _others.Remove(other);
        }

        return isNews;
    }

    private async Task<bool> ReadListAsync(LivingLine line, Seen seen, CancellationToken cancellation)
    {
        var value = await _keys.GetAsync(ServerList.KeyOf(line.Slot), cancellation).ConfigureAwait(false);

        // The slot is another's by now: its line is about to go.
        if (value is null || ServerList.Read(value.Value.Span) is not { } list || list.Broadcaster != line.Broadcaster)
            return false;
        (seen.List, seen.Servers) = (line.List, list);
        return true;
    }

    /// <summary>Writes the own line, where it is due, and takes out those of the dead.</summary>
    /// <returns>False: another was quicker.</returns>
    private async Task<bool> TrySayAsync(LivingTable table, ulong revision, CancellationToken cancellation)
    {
        var servers = _servers;
        bool isThere = table.Lines.Any(line => line.Broadcaster == _broadcaster);
        bool isDead = _others.Values.Any(seen => !Lives(seen));
        bool mustNote = _mustNoteData && !table.HadData;
        if (isThere && !isDead && !mustNote && servers == _written && _time.GetElapsedTime(_beatAt) < _lease / 3)
            return true;
        table = table.Without(line => _others.TryGetValue(line.Broadcaster, out var seen) && !Lives(seen)) with { HadData = table.HadData || mustNote };
        long before = _time.GetTimestamp();
        ulong list = isThere && servers == _written ? _list : _list + 1;
        if (table.With(new LivingLine(_broadcaster, _where, _beat + 1, 0, list, ParcelVersions.Newest)) is not { } with)
        {
            _slot = -1;
            return true;
        }

        // Whoever reads the line finds the list. Two that came at once may have chosen one slot, and the one without the line have written last.
        int slot = with.Lines.First(line => line.Broadcaster == _broadcaster).Slot;
        var there = await _keys.GetAsync(ServerList.KeyOf(slot), cancellation).ConfigureAwait(false);
        bool isOurs = there is not null && ServerList.Read(there.Value.Span)?.Broadcaster == _broadcaster;
        if ((list != _list || !isOurs) && await _keys.TryPutAsync(ServerList.KeyOf(slot), servers.Write(), there?.Revision ?? 0, cancellation).ConfigureAwait(false) is null)
            return false;
        _beat++;
        if (await _keys.TryPutAsync(LivingTable.Key, with.Write(), revision, cancellation).ConfigureAwait(false) is null)
            return false;
        bool isNew = servers != _written || _slot < 0 || mustNote;
        _hadData |= mustNote;
        (_slot, _list, _written, _beatAt) = (slot, list, servers, before);
        if (isNew)
            Know();
        return true;
    }

    private bool Lives(Seen seen) => _time.GetElapsedTime(seen.Since) < _lease;

    private void Know()
    {
        _living = new Living(_broadcaster,
        [
            new LivingOne(_broadcaster, _where, true, _servers, ParcelVersions.Newest),
            .. _others.Values.Where(Lives).Select(static seen => new LivingOne(seen.Line.Broadcaster, seen.Line.Where, seen.IsProven, seen.Servers, seen.Line.ParcelsTo)),
        ], _hadData);
        _changed();
    }

    private sealed class Seen
    {
        public LivingLine Line { get; set; }

        public long Since { get; set; }

        public bool IsProven { get; set; }

        public bool WasLiving { get; set; } = true;

        /// <summary>Which list was read; 0: none.</summary>
        public ulong List { get; set; }

        public ServerList? Servers { get; set; }
    }
}
