using Dynode.Log;
using Dynode.Streams;

namespace Dynode.TestKit.Streams;

/// <summary>One broadcaster's connection to a <see cref="StreamInMemory"/>. Any thread.</summary>
public sealed class ScriptedLog : IOrderedLog, IDisposable
{
    private readonly StreamInMemory _stream;
    private readonly PagePool _pool;
    private readonly MemoryShare _share;
    private readonly Queue<StreamWord> _words = new();
    private readonly List<byte[]> _held = [];
    private Action? _wake;
    private bool _isListening;
    private bool _isKept;
    private readonly HashSet<int> _pulling = [];

    internal ScriptedLog(StreamInMemory stream, PagePool pool, MemoryShare share)
    {
        _stream = stream;
        _pool = pool;
        _share = share;
    }

    /// <summary>It is connected.</summary>
    public bool IsHere { get; private set; }

    /// <summary>How often it was asked for entries.</summary>
    public int Pulls { get; private set; }

    /// <summary>How often it was asked where the stream stands.</summary>
    public int Looks { get; private set; }

    /// <summary>It hears what is appended.</summary>
    public bool IsListening => _isListening;

    /// <summary>Published and neither appended nor lost.</summary>
    internal List<byte[]> Way { get; } = [];

    /// <summary>The connection ends, and stays away; or is there again.</summary>
    public void Connect(bool isHere, string why = "")
    {
        lock (_stream.Gate)
        {
            _isKept = !isHere;
            Turn(isHere, why);
        }

        Wake();
    }

    /// <summary>Of what is on its way some is lost.</summary>
    /// <param name="count">So many.</param>
    /// <param name="from">Behind so many that are not.</param>
    /// <param name="hold">They are not lost, but late: they come with <see cref="Release"/>.</param>
    public void LoseNext(int count, int from = 0, bool hold = false)
    {
        lock (_stream.Gate)
        {
            from = Math.Min(from, Way.Count);
            count = Math.Min(count, Way.Count - from);
            if (hold)
                _held.AddRange(Way.GetRange(from, count));
            Way.RemoveRange(from, count);
        }
    }

    /// <summary>What was held is on its way again.</summary>
    public void Release()
    {
        lock (_stream.Gate)
        {
            Way.AddRange(_held);
            _held.Clear();
        }
    }

    /// <summary>Says something.</summary>
    public void Say(StreamWord word)
    {
        lock (_stream.Gate)
            _words.Enqueue(word);
        Wake();
    }

    public void Start(Action wake)
    {
        lock (_stream.Gate)
        {
            _wake = wake;
            if (!_isKept)
                Turn(isHere: true);
        }

        wake();
    }

    public bool TryTake(out StreamWord word)
    {
        lock (_stream.Gate)
        {
            if (!_words.TryDequeue(out word))
                return false;
            if (word.Kind == StreamWordKind.PullEnded)
                _pulling.Remove(word.Reader);
            return true;
        }
    }

    public void Publish(ulong lane, PageChain parcel)
    {
        byte[] bytes = BytesOf(parcel);
        lock (_stream.Gate)
        {
            if (!IsHere)
                return;
            if (bytes.Length > _stream.StateNow.ParcelBytesMax)
                _words.Enqueue(new StreamWord(StreamWordKind.Refused, Text: "maximum payload exceeded"));
            else if (_stream.Faults is not null)
                Way.Add(bytes);
        }

        if (_stream.Faults is null)
            _stream.Append(bytes);
    }

    public void Listen()
    {
        lock (_stream.Gate)
            _isListening = IsHere;
    }

    public void Deafen()
    {
        lock (_stream.Gate)
            _isListening = false;
    }

    public void Pull(ulong from, int bytesMax, int reader = 0)
    {
        lock (_stream.Gate)
        {
            if (_pulling.Contains(reader))
                throw new InvalidOperationException("One at a time.");
            Pulls++;
            if (!IsHere)
                return;
            _pulling.Add(reader);
            string text = "";
            long bytes = 0;
            foreach (var (number, entry) in _stream.From(from))
            {
                if (bytes >= bytesMax)
                    break;
                if (_stream.Faults?.IsBroken ?? false)
                {
                    text = "broke off";
                    break;
                }

                if (TryCopy(entry.Bytes) is not { } parcel)
                    break;
                bytes += entry.Bytes.Length;
                _words.Enqueue(new StreamWord(StreamWordKind.Pulled, number, entry.Time, parcel, Reader: reader));
            }

            _words.Enqueue(new StreamWord(StreamWordKind.PullEnded, Text: text, Reader: reader));
        }

        Wake();
    }

    public void Look()
    {
        lock (_stream.Gate)
        {
            Looks++;
            if (!IsHere)
                return;
            _words.Enqueue(new StreamWord(StreamWordKind.Stands, State: _stream.StateNow));
        }

        Wake();
    }

    public void Dispose()
    {
        lock (_stream.Gate)
        {
            _wake = null;
            IsHere = _isListening = false;
            Clear();
            Way.Clear();
        }
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Under the stream's lock.</summary>
    internal void Turn(bool isHere, string why = "")
    {
        if (_wake is null || (isHere && _isKept))
            return;
        _isListening = false;
        _pulling.Clear();
        IsHere = isHere;
        _words.Enqueue(isHere ? new StreamWord(StreamWordKind.Here, State: _stream.StateNow) : new StreamWord(StreamWordKind.Away, Text: why));
    }

    /// <summary>Under the stream's lock.</summary>
    internal void Appended(ulong number, StreamInMemory.Entry entry)
    {
        if (!_isListening || (_stream.Faults?.IsUnheard ?? false))
            return;
        _words.Enqueue(TryCopy(entry.Bytes) is { } parcel
            ? new StreamWord(StreamWordKind.Heard, number, entry.Time, parcel)
            : new StreamWord(StreamWordKind.Missed, number));
    }

    internal void Wake() => _wake?.Invoke();

    private void Clear()
    {
        while (_words.TryDequeue(out var word))
            word.Parcel?.Release();
    }

    private PageChain? TryCopy(ReadOnlySpan<byte> bytes)
    {
        var chain = new PageChain();
        do
        {
            if (!_pool.TryRentFor(bytes.Length, _share, out var page))
            {
                chain.Release();
                return null;
            }

            chain.Add(page);
            bytes = bytes[chain.Write(bytes)..];
        }
        while (!bytes.IsEmpty);
        return chain;
    }

    private static byte[] BytesOf(PageChain parcel)
    {
        byte[] all = new byte[parcel.Length];
        int at = 0;
        Page? page = null;
        while (parcel.TryNext(ref page, out var bytes))
        {
            bytes.Span.CopyTo(all.AsSpan(at));
            at += bytes.Length;
        }

        return all;
    }
}
