using System.Globalization;
using System.Text;
using Dynode.Protocols;
using Dynode.Protocols.Redis;

namespace Dynode.UnitTests.Broadcast.Framed.Once;

/// <summary>As little of a redis as batches need, written to be looked at: one list, one mark, transactions, and a memory that may be out.</summary>
internal sealed class TinyRedis
{
    public List<string> Pushed { get; private set; } = [];

    public string? Mark { get; set; }

    /// <summary>Changes with each change of the mark: what was watched is dirty.</summary>
    public int Version { get; private set; }

    public bool IsOutOfMemory { get; set; }

    public (List<string> Pushed, string? Mark) Snapshot() => ([.. Pushed], Mark);

    public void RollBack((List<string> Pushed, string? Mark) to) => (Pushed, Mark, Version) = ([.. to.Pushed], to.Mark, Version + 1);

    public void Set(string? mark) => (Mark, Version) = (mark, Version + 1);

    /// <summary>One connection to it: bytes in, replies out, a request at a time.</summary>
    internal sealed class Connection(TinyRedis redis)
    {
        private readonly Queue<byte> _replies = new();
        private readonly List<string[]> _queued = [];
        private byte[] _waits = [];
        private int _watched = -1;
        private bool _isInMulti;
        private bool _isSpoilt;

        public bool HasWork => _waits.Length > 0;

        public void Send(ReadOnlySpan<byte> bytes) => _waits = [.. _waits, .. bytes];

        public byte[] Take(int max)
        {
            byte[] taken = new byte[Math.Min(max, _replies.Count)];
            for (int i = 0; i < taken.Length; i++)
                taken[i] = _replies.Dequeue();
            return taken;
        }

        /// <summary>Does the next request, if it is whole.</summary>
        public bool TryStep()
        {
            var framer = default(RespRequestFramer);
            if (framer.Advance(_waits, int.MaxValue, out int length) != FrameStatus.Complete)
                return false;
            var arguments = new RequestArguments(_waits.AsSpan(0, length));
            var words = new List<string>();
            while (arguments.TryNext(out var word))
                words.Add(Encoding.Latin1.GetString(word));
            _waits = _waits[length..];
            foreach (byte b in Encoding.Latin1.GetBytes(Run([.. words])))
                _replies.Enqueue(b);
            return true;
        }

        private string Run(string[] words)
        {
            switch (words[0])
            {
                case "WATCH":
                    _watched = redis.Version;
                    return "+OK\r\n";
                case "MULTI":
                    _isInMulti = true;
                    return "+OK\r\n";
                case "EXEC":
                    return Exec();
            }

            string? refusal = Refusal(words);
            if (!_isInMulti)
                return refusal ?? Do(words);
            _isSpoilt |= refusal is not null;
            if (refusal is null)
                _queued.Add(words);
            return refusal ?? "+QUEUED\r\n";
        }

        private string Exec()
        {
            if (!_isInMulti)
                return "-ERR EXEC without MULTI\r\n";
            string[][] queued = [.. _queued];
            bool isDirty = _watched >= 0 && _watched != redis.Version;
            bool isSpoilt = _isSpoilt;
            _queued.Clear();
            (_isInMulti, _isSpoilt, _watched) = (false, false, -1);
            if (isSpoilt)
                return "-EXECABORT Transaction discarded because of previous errors.\r\n";
            return isDirty ? "*-1\r\n" : string.Create(CultureInfo.InvariantCulture, $"*{queued.Length}\r\n") + string.Concat(queued.Select(Do));
        }

        private string? Refusal(string[] words)
        {
            if (words[0] is not ("EVAL" or "GET" or "SET" or "RPUSH" or "SELECT"))
                return $"-ERR unknown command '{words[0]}'\r\n";
            bool mayWrite = words[0] is "SET" or "RPUSH" || (_isInMulti && words[0] == "GET");
            return redis.IsOutOfMemory && mayWrite ? "-OOM command not allowed when used memory > 'maxmemory'.\r\n" : null;
        }

        private string Do(string[] words)
        {
            switch (words[0])
            {
                case "GET":
                    return redis.Mark is { } mark ? string.Create(CultureInfo.InvariantCulture, $"${mark.Length}\r\n{mark}\r\n") : "$-1\r\n";
                case "SET":
                    redis.Set(words[2]);
                    return "+OK\r\n";
                case "RPUSH":
                    redis.Pushed.Add(words[2]);
                    return string.Create(CultureInfo.InvariantCulture, $":{redis.Pushed.Count}\r\n");
                case "EVAL":
                    if (redis.Mark == words[4])
                        return ":1\r\n";
                    if (redis.Mark is null && redis.IsOutOfMemory)
                        return "-OOM command not allowed when used memory > 'maxmemory'.\r\n";
                    redis.Set(redis.Mark ?? "?");
                    return ":0\r\n";
                default:
                    return "+OK\r\n";
            }
        }
    }
}
