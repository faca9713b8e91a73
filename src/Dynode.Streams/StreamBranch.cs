using Dynode.Log;

namespace Dynode.Streams;

/// <summary>
/// Of <see cref="StreamBranches"/>: the stream as one sees it who reads beside the first. He hears nothing, and publishes nothing. In turns only.
/// </summary>
public sealed class StreamBranch : IOrderedLog
{
    private readonly StreamBranches _all;
    private readonly Queue<StreamWord> _words = new();
    private bool _isTold;
    private bool _isPulling;
    private ulong _last;

    internal StreamBranch(StreamBranches all, int reader) => (_all, Reader) = (all, reader);

    /// <summary>The number that its pulls are known by.</summary>
    internal int Reader { get; }

    /// <summary>It was told that the stream is here.</summary>
    private bool IsHere => _isTold && _all.IsHere;

    /// <inheritdoc/>
    public void Start(Action wake)
    {
    }

    /// <inheritdoc/>
    public bool TryTake(out StreamWord word) => _words.TryDequeue(out word);

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">Always.</exception>
    public void Publish(ulong lane, PageChain parcel) => throw new InvalidOperationException("The first reader publishes.");

    /// <inheritdoc/>
    public void Listen()
    {
    }

    /// <inheritdoc/>
    public void Deafen()
    {
    }

    /// <summary>The stream is known to have come so far: nobody need ask.</summary>
    public void CameTo(ulong last)
    {
        if (!IsHere || last <= _last)
            return;
        _last = last;
        _words.Enqueue(new StreamWord(StreamWordKind.Missed, last));
    }

    /// <inheritdoc/>
    public void Pull(ulong from, int bytesMax, int reader = 0)
    {
        if (!IsHere)
            return;
        _isPulling = true;
        _all.Pull(from, bytesMax, Reader);
    }

    /// <inheritdoc/>
    public void Look()
    {
        if (IsHere)
            _all.Look(Reader);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    /// <summary>Reads no more.</summary>
    public void Close()
    {
        _all.Close(this, _isPulling);
        while (_words.TryDequeue(out var word))
            word.Parcel?.Release();
    }

    /// <summary>There is a connection, or none.</summary>
    internal void Say(in StreamWord word)
    {
        _isTold = word.Kind == StreamWordKind.Here;
        _isPulling = false;
        _last = 0;
        while (_words.TryDequeue(out var before))
            before.Parcel?.Release();
        _words.Enqueue(word);
    }

    /// <summary>Where the stream stands, which it has asked for.</summary>
    internal void Stands(in StreamWord word)
    {
        _words.Enqueue(_isTold ? word : word with { Kind = StreamWordKind.Here });
        _isTold = true;
    }

    internal void Pulled(in StreamWord word)
    {
        _isPulling &= word.Kind != StreamWordKind.PullEnded;
        _words.Enqueue(word);
    }
}
