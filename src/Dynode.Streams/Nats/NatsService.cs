using Dynode.Log;

namespace Dynode.Streams.Nats;

/// <summary>One connection at work: does what the <see cref="NatsOutbox"/> holds, and says what comes of it, until it has ended.</summary>
internal sealed class NatsService
{
    private readonly NatsLink _link;
    private readonly NatsNames _names;
    private readonly NatsStream _stream;
    private readonly PagePool _pool;
    private readonly NatsWords _words;
    private readonly int _life;
    private readonly NatsUse _use;
    private readonly NatsHosts _hosts;
    private readonly CancellationToken _ended;
    private readonly Dictionary<int, (NatsPull Pull, Task Running)> _pulls = [];
    private readonly string _acks;
    private NatsSubscription? _subscription;
    private NatsEar? _ear;
    private Task _looking = Task.CompletedTask;
    private volatile bool _isLooking;

    public NatsService(NatsLink link, NatsNames names, NatsStream stream, PagePool pool, NatsWords words, int life, NatsUse use, NatsHosts hosts, CancellationToken ended)
    {
        _link = link;
        _names = names;
        _stream = stream;
        _pool = pool;
        _words = words;
        _life = life;
        _use = use;
        _hosts = hosts;
        _ended = ended;
        _acks = link.Enter(new NatsAcks(words, life, use));
    }

    /// <summary>Done when the outbox is closed, or the connection has ended.</summary>
    public async Task RunAsync(NatsOutbox outbox)
    {
        try
        {
            await foreach (NatsErrand errand in outbox.ReadAllAsync(_ended).ConfigureAwait(false))
            {
                try
                {
                    await DoAsync(errand).ConfigureAwait(false);
                }
                finally
                {
                    outbox.Forget(errand);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // It has ended, which is said.
        }
        catch (Exception e)
        {
            // The first reason counts, which may be another.
            _link.End(e as NatsTrouble ?? new NatsTrouble(NatsTrouble.Excerpt(e.Message)));
        }
        finally
        {
            _ear?.Deafen();
            await Task.WhenAll(_pulls.Values.Select(static pull => pull.Running).Append(_looking)).ConfigureAwait(false);
        }
    }

    private async Task DoAsync(NatsErrand errand)
    {
        switch (errand.Kind)
        {
            case NatsErrandKind.Publish:
                await PublishAsync(errand.Number, errand.Parcel!).ConfigureAwait(false);
                break;
            case NatsErrandKind.Listen when _ear is null:
                _ear = new NatsEar(_names.Placed, _pool, _words, _life);
                _subscription = await _link.ListenAsync(_names.Placed, _ear).ConfigureAwait(false);
                break;
            case NatsErrandKind.Deafen when _ear is not null:
                _ear.Deafen();
                _ear = null;
                await _subscription!.DisposeAsync().ConfigureAwait(false);
                break;
            case NatsErrandKind.Pull:
                Pull(errand);
                break;
            case NatsErrandKind.Look when !_isLooking:
                _isLooking = true;
                _looking = LookAsync();
                break;
        }
    }

    private void Pull(in NatsErrand errand)
    {
        var pull = _pulls.TryGetValue(errand.Reader, out var before)
            ? before.Pull
            : new NatsPull(_link, _names, _stream, _pool, _words, _life, errand.Reader, _ended);
        if (!pull.IsUnderWay)
            _pulls[errand.Reader] = (pull, PullAsync(pull, errand.Number, errand.BytesMax));
    }

    private async Task PullAsync(NatsPull pull, ulong from, int bytesMax)
    {
        long began = _link.Now;
        bool isAnswered = await pull.RunAsync(from, bytesMax).ConfigureAwait(false);
        _use.Pulled(began, isAnswered);
        LeaveIfOver();
    }

    private async Task PublishAsync(ulong lane, PageChain parcel)
    {
        // Before it is on its way: its answer may be quicker than who sent it.
        _use.Published(_link.Now);
        LeaveIfOver();
        try
        {
            await _link.SendAsync(_names.Lane(lane), parcel, _acks).ConfigureAwait(false);
        }
        catch (NatsTrouble e) when (!_link.Ended.IsCompleted)
        {
            _words.Add(_life, new StreamWord(StreamWordKind.Refused, Text: e.Message));
        }
    }

    private async Task LookAsync()
    {
        try
        {
            StreamState state = await _stream.LookAsync(_ended).ConfigureAwait(false);

            // Before it is said: who hears it may ask again at once.
            _isLooking = false;
            _words.Add(_life, new StreamWord(StreamWordKind.Stands, State: state));
            _use.Looked(_link.Now, state.IsLeaderless, _hosts.CountWith(_link.Info.Others));
            LeaveIfOver();
        }
        catch (OperationCanceledException)
        {
            // It has ended, which is said.
        }
        catch (NatsTrouble e)
        {
            // Nothing can be told of it over this connection: another one says where it stands before anything else.
            _link.End(e);
        }
    }

    private void LeaveIfOver()
    {
        if (_use.WhyOver(_link.Now) is { } why)
            _link.End(new NatsTrouble($"{_link.Host} {why}: it may be cut off from the others, of which one is asked"));
    }
}
