using Dynode.LoadTest.Requests;

namespace Dynode.LoadTest.Records;

/// <summary>
/// For <c>raw</c>, where each client has a connection of its own to each server: on each the requests of one client come one after
/// another. What is skipped or comes again does so where a connection begins, nowhere else. <c>_lock</c> guards all.
/// </summary>
internal sealed class SessionRecord(IRequestFormat format) : IServerRecord
{
    private readonly Lock _lock = new();
    private readonly Dictionary<int, Track> _tracks = [];
    private RecordCounts _counts = new();

    public RecordCounts Counts
    {
        get
        {
            lock (_lock) return _counts;
        }
    }

    public IConnectionRecord Begin() => new Connection(this);

    public void ClientLeft(int client, long sent)
    {
        lock (_lock)
        {
            Track track = TrackOf(client);
            track.Sent = sent;
            Forget(client, track);
        }
    }

    public string? LacksUpTo(IReadOnlyDictionary<int, long> counts) =>
        FirstLack(counts, (track, count) => track.Next < count ? track.Next : -1);

    public string? LacksFrom(IReadOnlyDictionary<int, long> counts) =>
        FirstLack(counts, (track, count) => track.First < 0 || track.First > count ? count : -1);

    private string? FirstLack(IReadOnlyDictionary<int, long> counts, Func<Track, long, long> lacking)
    {
        lock (_lock)
        {
            foreach ((int client, long count) in counts)
            {
                long sequence = lacking(TrackOf(client), count);
                if (sequence >= 0) return $"request {sequence} of client {client}";
            }

            return null;
        }
    }

    private Track TrackOf(int client)
    {
        if (!_tracks.TryGetValue(client, out Track? track)) _tracks.Add(client, track = new Track());
        return track;
    }

    private void Forget(int client, Track track)
    {
        if (track.Next == track.Sent) _tracks.Remove(client);
    }

    private Tally Skip(int client, Track track, long to)
    {
        long bytes = 0;
        for (long sequence = track.Next; sequence < to; sequence++) bytes += format.Length(client, sequence);
        var skipped = new Tally(to - track.Next, bytes);
        track.Next = to;
        _counts.Reached += skipped.Requests;
        return skipped;
    }

    private string? Take(Track track, int client, long sequence, int bytes)
    {
        if (sequence >= track.Sent) return $"client {client} has sent {track.Sent} requests, and here is number {sequence}";
        if (sequence < track.Next)
        {
            _counts.Repeated += new Tally(1, bytes);
            return null;
        }

        track.Next = sequence + 1;
        _counts.Requests++;
        _counts.Reached++;
        Forget(client, track);
        return null;
    }

    /// <summary>How far one client has come.</summary>
    private sealed class Track
    {
        /// <summary>-1: it has got none.</summary>
        public long First { get; set; } = -1;

        public long Next { get; set; }

        public long Sent { get; set; } = long.MaxValue;
    }

    private sealed class Connection(SessionRecord server) : IConnectionRecord
    {
        private Track? _track;
        private int _client;
        private long _next;

        public string? Take(int client, long sequence, int bytes)
        {
            lock (server._lock)
            {
                string? fault = null;
                if (_track is null) Begin(client, sequence);
                else fault = Follows(client, sequence);
                _next = sequence + 1;
                fault ??= server.Take(_track!, client, sequence, bytes);
                server._counts.Fault ??= fault;
                return fault;
            }
        }

        public void End(int tornBytes)
        {
            lock (server._lock) server._counts.Torn += new Tally(tornBytes > 0 ? 1 : 0, tornBytes);
        }

        private void Begin(int client, long sequence)
        {
            _client = client;
            _track = server.TrackOf(client);
            if (_track.First < 0)
            {
                _track.First = sequence;
                server._counts.Before += server.Skip(client, _track, sequence);
            }
            else if (sequence > _track.Next)
            {
                server._counts.Missed += server.Skip(client, _track, sequence);
            }
        }

        private string? Follows(int client, long sequence) =>
            client != _client ? $"a connection of client {_client} brought a request of client {client}"
            : sequence != _next ? $"behind request {_next - 1} of client {client} came {sequence}"
            : null;
    }
}
