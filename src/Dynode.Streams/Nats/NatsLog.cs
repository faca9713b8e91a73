using System.Net;
using Dynode.Log;

namespace Dynode.Streams.Nats;

/// <summary>
/// The order of a JetStream of NATS. One connection at a time; when it ends, the next is made from nothing: what was not sent is dropped, for whoever published it sends it again.
/// Everything that comes is copied into pages where it is read. Any thread; <see cref="Start"/> once.
/// </summary>
public sealed class NatsLog : IOrderedLog, IStreamKeys
{
    /// <summary>From the first wait between two tries to the longest; each is twice the one before.</summary>
    private static readonly TimeSpan WaitLeast = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan WaitMost = TimeSpan.FromSeconds(2);

    private readonly NatsSettings _settings;
    private readonly NatsNames _names;
    private readonly PagePool _pool;
    private readonly TimeProvider _time;
    private readonly NatsDial _dial;
    private readonly NatsHosts _hosts;
    private readonly NatsUse _use = new();
    private readonly CancellationTokenSource _end = new();
    private NatsWords _words = new(() => { });
    private Task _running = Task.CompletedTask;
    private volatile NatsDesk? _desk;
    private volatile NatsOutbox? _outbox;
    private string _said = "";

    /// <summary>Connects to nothing yet.</summary>
    /// <param name="settings">Which stream, and how it is reached; without a <see cref="NatsSettings.Fault"/>.</param>
    /// <param name="pool">Where the pages come from for what comes and goes.</param>
    /// <param name="time">The clock for waits and time-outs.</param>
    /// <param name="lookup">Finds the addresses of a host; null: the runtime's own, which holds a thread of the pool meanwhile.</param>
    /// <param name="tls">How TLS is spoken with <c>nats+tls://</c>; null: nobody can.</param>
    public NatsLog(NatsSettings settings, PagePool pool, TimeProvider time, NatsLookup? lookup = null, INatsTls? tls = null)
    {
        _settings = settings;
        _names = new NatsNames(settings.Url.Stream);
        _pool = pool;
        _time = time;
        _dial = new NatsDial(settings, lookup ?? (async (host, cancellation) => await Dns.GetHostAddressesAsync(host, cancellation).ConfigureAwait(false)), tls);
        _hosts = new NatsHosts(settings.Url.Hosts);
    }

    /// <inheritdoc/>
    public void Start(Action wake)
    {
        _words = new NatsWords(wake);
        _running = Task.Run(RunAsync);
    }

    /// <inheritdoc/>
    public bool TryTake(out StreamWord word)
    {
        if (!_words.TryTake(out word, out int life))
            return false;

        // Whoever takes the words means the connection that he knows of: what he asks before he knows of the next one is not for that one.
        if (word.Kind == StreamWordKind.Here)
            _outbox = _desk is { } desk && desk.Life == life ? desk.Outbox : null;
        else if (word.Kind is StreamWordKind.Away or StreamWordKind.Fault)
            _outbox = null;
        return true;
    }

    /// <inheritdoc/>
    public void Publish(ulong lane, PageChain parcel)
    {
        if (_outbox is { } outbox && NatsPages.Copy(_pool, parcel) is { } copy)
            outbox.TryAdd(new NatsErrand(NatsErrandKind.Publish, lane, copy));
    }

    /// <inheritdoc/>
    public void Listen() => _outbox?.TryAdd(new NatsErrand(NatsErrandKind.Listen));

    /// <inheritdoc/>
    public void Deafen() => _outbox?.TryAdd(new NatsErrand(NatsErrandKind.Deafen));

    /// <inheritdoc/>
    public void Pull(ulong from, int bytesMax, int reader = 0) => _outbox?.TryAdd(new NatsErrand(NatsErrandKind.Pull, from, BytesMax: bytesMax, Reader: reader));

    /// <inheritdoc/>
    public void Look() => _outbox?.TryAdd(new NatsErrand(NatsErrandKind.Look));

    /// <inheritdoc/>
    /// <exception cref="IOException">The stream is away, or does not answer.</exception>
    public ValueTask<KeyValue?> GetAsync(string key, CancellationToken cancellation)
    {
        NatsKeys.Check(key);
        return (_desk ?? throw Away()).Keys.GetAsync(key, cancellation);
    }

    /// <inheritdoc/>
    /// <exception cref="IOException">The stream is away, or does not answer: whether it was written is not known.</exception>
    public ValueTask<ulong?> TryPutAsync(string key, ReadOnlyMemory<byte> value, ulong revision, CancellationToken cancellation)
    {
        NatsKeys.Check(key);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, NatsKeys.ValueBytesMax, nameof(value));
        return (_desk ?? throw Away()).Keys.TryPutAsync(key, value, revision, cancellation);
    }

    /// <summary>Ends the connection, and gives back what nobody took.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _words.Clear();
    }

    private static NatsTrouble Away() => new("the stream is away");

    private async Task RunAsync()
    {
        TimeSpan wait = WaitLeast;
        int tried = 0;
        while (!_end.IsCancellationRequested)
        {
            NatsHost host = _hosts.Next();
            long began = _time.GetTimestamp();
            NatsTrouble why;
            try
            {
                NatsOpening opening = await NatsOpening.AtAsync(host, _dial, _settings, _time, _end.Token).ConfigureAwait(false);
                why = await ServeAsync(opening).ConfigureAwait(false);
                tried = 0;
                if (_time.GetElapsedTime(began) > WaitMost)
                    wait = WaitLeast;
            }
            catch (OperationCanceledException) when (_end.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                why = e as NatsTrouble ?? new NatsTrouble($"{host}: {NatsTrouble.Excerpt(e.Message)}");
                tried++;
            }

            Say(why);
            if (tried > 0 && tried < _hosts.Count)
                continue;
            if (!await WaitAsync(why.IsLasting ? WaitMost : wait).ConfigureAwait(false))
                return;
            tried = 0;
            wait = wait * 2 < WaitMost ? wait * 2 : WaitMost;
        }
    }

    private async Task<NatsTrouble> ServeAsync(NatsOpening opening)
    {
        await using NatsLink link = opening.Link;
        if (!_use.TryBegin(opening.State.IsLeaderless, _hosts.CountWith(link.Info.Others)))
            throw new NatsTrouble("the stream has no leader, by whoever answers");
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        var outbox = new NatsOutbox();
        int life = _words.Begin();
        Task serving = new NatsService(link, _names, opening.Stream, _pool, _words, life, _use, _hosts, ended.Token).RunAsync(outbox);
        _desk = new NatsDesk(life, outbox, new NatsKeys(link, _names));
        _words.Add(life, new StreamWord(StreamWordKind.Here, State: opening.State, Text: string.Join("; ", opening.Differences)));
        _said = "";
        try
        {
            return await link.Ended.WaitAsync(_end.Token).ConfigureAwait(false);
        }
        finally
        {
            _desk = null;
            await ended.CancelAsync().ConfigureAwait(false);
            outbox.Close();
            await serving.ConfigureAwait(false);
            _hosts.Learn(link.Info.Others, link.Host);
        }
    }

    // Once, as long as it is the same.
    private void Say(NatsTrouble why)
    {
        string text = $"{why.IsLasting} {why.Message}";
        if (text == _said || _end.IsCancellationRequested)
            return;
        _said = text;
        _words.Add(_words.Begin(), new StreamWord(why.IsLasting ? StreamWordKind.Fault : StreamWordKind.Away, Text: why.Message));
    }

    private async Task<bool> WaitAsync(TimeSpan wait)
    {
        try
        {
            await Task.Delay(wait, _time, _end.Token).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    // What can be done over a connection, and which one it is.
    private sealed record NatsDesk(int Life, NatsOutbox Outbox, NatsKeys Keys);
}
