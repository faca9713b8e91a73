using System.Buffers;
using Dynode.Log;

namespace Dynode.Streams.Nats;

/// <summary>How a batch ended.</summary>
internal enum NatsBatchEnd
{
    /// <summary>As many came as were asked for, or there are no more for now.</summary>
    Whole,

    /// <summary>The next one is longer than what was left.</summary>
    TooLong,

    /// <summary>The consumer is not there any more.</summary>
    Gone,

    /// <summary>There was no memory for one.</summary>
    NoMemory,

    /// <summary>An entry came with a higher number than was next: <see cref="NatsBatch.Found"/>. It is not said.</summary>
    Hole,

    /// <summary>The server says something else: <see cref="NatsBatch.Text"/>.</summary>
    Refused,
}

/// <summary>Entries that a consumer was asked for: says each, and notes where they stop. Its members are of the thread that reads, until it has ended.</summary>
internal sealed class NatsBatch(int entries, ulong next, PagePool pool, NatsWords words, int life, int reader)
{
    private readonly TaskCompletionSource<NatsBatchEnd> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;

    public Task<NatsBatchEnd> End => _end.Task;

    /// <summary>The number that comes next.</summary>
    public ulong Next { get; private set; } = next;

    /// <summary>The number that came in place of the next one.</summary>
    public ulong Found { get; private set; }

    /// <summary>In bytes, of all that came.</summary>
    public long Bytes { get; private set; }

    /// <summary>How many are behind the last one.</summary>
    public ulong Pending { get; private set; } = 1;

    public string Text { get; private set; } = "";

    public void Take(string? replyTo, ReadOnlySpan<byte> header, in ReadOnlySequence<byte> bytes)
    {
        if (_end.Task.IsCompleted)
            return;
        if (!NatsPlace.TryParse(replyTo, out NatsPlace place))
        {
            Note(new NatsHeader(header));
            return;
        }

        // What an earlier batch was late with.
        if (place.Number < Next)
            return;
        if (place.Number > Next)
        {
            Found = place.Number;
            Finish(NatsBatchEnd.Hole);
            return;
        }

        PageChain? parcel = NatsPages.Copy(pool, bytes);
        if (parcel is null || !words.Add(life, new StreamWord(StreamWordKind.Pulled, place.Number, place.Time, parcel, Reader: reader)))
        {
            Finish(NatsBatchEnd.NoMemory);
            return;
        }

        Next = place.Number + 1;
        Bytes += bytes.Length;
        Pending = place.Pending;
        if (++_count == entries || Pending == 0)
            Finish(NatsBatchEnd.Whole);
    }

    public void Fail(NatsTrouble why)
    {
        Text = why.Message;
        Finish(NatsBatchEnd.Refused);
    }

    private void Note(NatsHeader header)
    {
        string text = header.StatusText;
        switch (header.Status)
        {
            case 100:
                return;
            case 404 or 408:
                Pending = header.Status == 404 ? 0 : Pending;
                Finish(NatsBatchEnd.Whole);
                return;
            case 503:
                Finish(NatsBatchEnd.Gone);
                return;
            case 409 when text.Contains("Exceeds MaxBytes", StringComparison.OrdinalIgnoreCase):
                Finish(NatsBatchEnd.TooLong);
                return;
            case 409 when text.Contains("Deleted", StringComparison.OrdinalIgnoreCase) || text.Contains("Leadership", StringComparison.OrdinalIgnoreCase) || text.Contains("Shutdown", StringComparison.OrdinalIgnoreCase):
                Finish(NatsBatchEnd.Gone);
                return;
            default:
                Text = $"the server says {(text.Length > 0 ? text : "nothing that is an entry")}";
                Finish(NatsBatchEnd.Refused);
                return;
        }
    }

    private void Finish(NatsBatchEnd end) => _end.TrySetResult(end);
}
