using System.Buffers;

namespace Dynode.Streams.Nats;

/// <summary>Who is told what comes for one number of an <see cref="NatsInbox"/>, on the thread that reads: it must return at once.</summary>
internal interface INatsReplies
{
    /// <summary>What was asked.</summary>
    string Subject { get; }

    /// <param name="replyTo">Where an entry says which it is; null: nowhere.</param>
    /// <param name="header">Empty: none.</param>
    /// <param name="bytes">Of no use when it returns.</param>
    void Take(string? replyTo, ReadOnlySpan<byte> header, in ReadOnlySequence<byte> bytes);

    /// <summary>No reply will come.</summary>
    void Fail(NatsTrouble why);
}

/// <summary>The one reply to a request.</summary>
internal sealed class NatsReply(string subject) : INatsReplies
{
    private readonly TaskCompletionSource<byte[]> _bytes = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Subject => subject;

    public Task<byte[]> Bytes => _bytes.Task;

    /// <summary>What stands before the bytes, when they have come.</summary>
    public byte[] Header { get; private set; } = [];

    public void Take(string? replyTo, ReadOnlySpan<byte> header, in ReadOnlySequence<byte> bytes)
    {
        const int NobodyThere = 503;
        int status = new NatsHeader(header).Status;
        if (status == NobodyThere)
            _bytes.TrySetException(new NatsNobody(subject));
        else if (status != 0 && bytes.IsEmpty)
            _bytes.TrySetException(new NatsStatus($"{subject}: the server says {new NatsHeader(header).StatusText}"));
        else
            Come(header, bytes);
    }

    public void Fail(NatsTrouble why) => _bytes.TrySetException(why);

    private void Come(ReadOnlySpan<byte> header, in ReadOnlySequence<byte> bytes)
    {
        Header = header.ToArray();
        _bytes.TrySetResult(bytes.ToArray());
    }
}

/// <summary>There was an answer, and it says that there is nothing.</summary>
internal sealed class NatsStatus(string text) : NatsTrouble(text);

/// <summary>Nobody listens to a request: no stream, no engine, or no right of another account's.</summary>
internal sealed class NatsNobody(string subject) : IOException($"nobody answers {subject}");
