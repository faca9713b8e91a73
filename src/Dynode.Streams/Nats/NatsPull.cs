using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using Dynode.Log;

namespace Dynode.Streams.Nats;

/// <summary>
/// Reads the stream by a consumer of its own, which is made where it has to begin, asked as long as somebody reads on, and forgotten by the server soon after.
/// Nothing that a consumer says is relied on: an entry must have the number that comes next, and the first one at least that of the stream's first.
/// One pull at a time, of one reader; what comes is taken where it is read.
/// </summary>
internal sealed class NatsPull(NatsLink link, NatsNames names, NatsStream stream, PagePool pool, NatsWords words, int life, int reader, CancellationToken ended) : INatsReplies
{
    private const string NoMemory = "there is no memory for more";
    private const int EntriesMax = 1000;

    // A consumer may go with its server, and the stream's first number may move on; not again and again.
    private const int AgainMax = 4;

    // Subject and reply count too, for each entry.
    private const int OverheadBytes = 512;

    private readonly string _inbox = $"{NatsInbox.NewPrefix()}.0";
    private string _consumer = "";
    private ulong _next;
    private int _again;
    private bool _isHeard;

    // The library itself holds none: one that nobody held would be collected in the midst.
    private NatsSubscription? _subscription;
    private bool _isUnderWay;
    private volatile NatsBatch? _batch;

    /// <summary>From its call until it is said that it has ended.</summary>
    public bool IsUnderWay { get => Volatile.Read(ref _isUnderWay); private set => Volatile.Write(ref _isUnderWay, value); }

    public string Subject => _consumer.Length == 0 ? names.CreateConsumer : names.Next(_consumer);

    /// <summary>Says each entry from a number on, and then that it has ended. Throws nothing.</summary>
    /// <returns>False: the engine said nothing of what was asked.</returns>
    public async Task<bool> RunAsync(ulong from, int bytesMax)
    {
        IsUnderWay = true;
        _isHeard = false;
        ulong begin = from + 1 == _next ? _next : Math.Max(1, from);
        string why;
        try
        {
            why = await ReadAsync(Math.Max(1, from), bytesMax).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NatsTrouble or NatsNobody or OperationCanceledException)
        {
            Forget();
            why = e.Message;
        }

        bool isAnswered = why.Length == 0 || why == NoMemory || _isHeard || _next > begin;

        // Before it is said: who hears it may pull on at once.
        IsUnderWay = false;
        words.Add(life, new StreamWord(StreamWordKind.PullEnded, _next, Text: why, Reader: reader));
        return isAnswered;
    }

    public void Take(string? replyTo, ReadOnlySpan<byte> header, in ReadOnlySequence<byte> bytes) => _batch?.Take(replyTo, header, bytes);

    public void Fail(NatsTrouble why) => _batch?.Fail(why);

    private async Task<string> ReadAsync(ulong from, int bytesMax)
    {
        _subscription ??= await link.ListenAsync(_inbox, this).ConfigureAwait(false);
        _again = 0;
        Task<StreamState> stands = stream.LookAsync(ended);
        long left = Math.Max(1, bytesMax);
        if (_consumer.Length > 0 && from + 1 == _next)
            left -= await OnceMoreAsync(from).ConfigureAwait(false);
        else if (from != _next)
            Begin(from);
        while (left > 0)
        {
            ulong pending = _consumer.Length == 0 ? await BeginAsync().ConfigureAwait(false) : 1;
            if (pending > 0)
            {
                NatsBatch batch = await AskAsync(EntriesMax, (int)Math.Min(int.MaxValue, left + OverheadBytes)).ConfigureAwait(false);
                left -= batch.Bytes;
                if (batch.End.Result == NatsBatchEnd.TooLong && left > 0)
                {
                    batch = await AskAsync(1, 0).ConfigureAwait(false);
                    left = 0;
                }

                if (await JudgeAsync(batch).ConfigureAwait(false) is { Length: > 0 } why)
                    return why;
                pending = _consumer.Length == 0 ? 1 : batch.Pending;
            }

            // There is no more, or the server that the consumer is at does not have it yet: what its leader had at the beginning must be there.
            if (pending > 0)
                continue;
            StreamState state = await stands.ConfigureAwait(false);
            if (state.Last < _next)
                return "";
            Forget();
            if (_again++ == AgainMax)
                return string.Create(CultureInfo.InvariantCulture, $"the server that reads the stream is behind: it has not come to {_next}, and the leader had {state.Last}");
        }

        return "";
    }

    /// <returns>Why it cannot go on; empty: it can, with another consumer where there is none now.</returns>
    private async Task<string> JudgeAsync(NatsBatch batch)
    {
        NatsBatchEnd end = batch.End.Result;
        if (end is NatsBatchEnd.Whole or NatsBatchEnd.TooLong)
            return "";
        Forget();
        switch (end)
        {
            case NatsBatchEnd.Gone when _again++ < AgainMax:
                return "";
            case NatsBatchEnd.Hole when _again++ < AgainMax:
                await PassAsync(batch.Found).ConfigureAwait(false);
                return "";
            case NatsBatchEnd.NoMemory:
                return NoMemory;
            default:
                return batch.Text.Length > 0 ? batch.Text : "its consumer goes again and again";
        }
    }

    /// <returns>How many entries it has to say.</returns>
    private async Task<ulong> BeginAsync()
    {
        NatsJson made = NatsJson.Read(await link.AskAsync(names.CreateConsumer, NatsBodies.Consumer(names, _next), ended).ConfigureAwait(false));
        if (made.Has("error"))
            throw new NatsTrouble($"no consumer: {NatsTrouble.Excerpt(made.Text("error.description"))} (error {made.Number("error.err_code")})");
        string name = made.Text("name");
        if (name.Length is 0 or > 255 || name.Any(c => c is '.' or '*' or '>' || c <= ' ' || c > '~'))
            throw new NatsTrouble("the engine does not say what its consumer is called");
        _consumer = name;
        return made.Unsigned("num_pending");
    }

    private async Task<NatsBatch> AskAsync(int entries, int bytesMax)
    {
        var batch = new NatsBatch(entries, _next, pool, words, life, reader);
        _batch = batch;
        await link.SendAsync(names.Next(_consumer), NatsBodies.Next(entries, bytesMax), null, _inbox).ConfigureAwait(false);
        try
        {
            await batch.End.WaitAsync(NatsLink.AnswerTimeout, ended).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            batch.Fail(new NatsTrouble($"{names.Next(_consumer)} was not answered within {NatsLink.AnswerTimeout.TotalSeconds} s"));
        }

        _batch = null;
        _next = batch.Next;
        return batch;
    }

    // A consumer that is asked for what is not kept any more begins with the stream's first, and says nothing of what was before.
    private async Task PassAsync(ulong found)
    {
        StreamState state = await stream.LookAsync(ended).ConfigureAwait(false);
        if (found > state.First)
            throw new NatsTrouble(string.Create(CultureInfo.InvariantCulture, $"a consumer said number {found} where {_next} was next, and the stream keeps all from {state.First} on"));
        _next = state.First;
    }

    // Who reads on begins with what he read last, to see that it is there still. A consumer goes forwards alone; a new one for each entry would be a burden to the engine.
    private async Task<long> OnceMoreAsync(ulong number)
    {
        try
        {
            var reply = new NatsReply(names.GetAny);
            byte[] bytes = await link.AskAsync(reply, NatsBodies.Entry(number), ended).ConfigureAwait(false);
            _isHeard = true;
            if (TryReadTime(reply.Header, number, out long time)
                && NatsPages.Copy(pool, new ReadOnlySequence<byte>(bytes)) is { } parcel && words.Add(life, new StreamWord(StreamWordKind.Pulled, number, time, parcel, Reader: reader)))
            {
                return bytes.Length;
            }
        }
        catch (Exception e) when (!link.Ended.IsCompleted && e is NatsNobody or NatsTrouble { IsLasting: false })
        {
            // The stream does not let itself be asked so, or the server that was asked is behind: a consumer will tell.
        }

        Begin(number);
        return 0;
    }

    private static bool TryReadTime(byte[] header, ulong number, out long time)
    {
        var lines = new NatsHeader(header);
        time = NatsTime.Nanoseconds(lines.Value("Nats-Time-Stamp"u8)) / NatsTime.NanosecondsPerMillisecond;
        return Utf8Parser.TryParse(lines.Value("Nats-Sequence"u8), out ulong found, out _) && found == number && time > 0;
    }

    private void Begin(ulong from)
    {
        Forget();
        _next = from;
    }

    private void Forget() => _consumer = "";
}
