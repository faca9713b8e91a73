using System.Threading.Channels;
using Dynode.Log;

namespace Dynode.Streams.Nats;

/// <summary>
/// What is to be done over one connection, in the order in which it was asked: parcels on their way out, listening, pulling. A parcel that finds no place is lost, as if the connection had been;
/// all else has its place, for there is one of a kind at a time, and one pull for each reader. Any thread may add; one task takes.
/// </summary>
internal sealed class NatsOutbox
{
    /// <summary>Far more than any window has in flight.</summary>
    public const int ParcelsMax = 1024;

    private readonly Channel<NatsErrand> _errands = Channel.CreateUnbounded<NatsErrand>(new UnboundedChannelOptions { SingleReader = true });
    private int _parcels;

    /// <returns>False: it has no place, or this is closed; its pages are released.</returns>
    public bool TryAdd(NatsErrand errand)
    {
        bool hasPlace = errand.Parcel is null || Interlocked.Increment(ref _parcels) <= ParcelsMax;
        if (hasPlace && _errands.Writer.TryWrite(errand))
            return true;
        Forget(errand);
        return false;
    }

    /// <summary>Takes each in turn until it is closed; a parcel is <see cref="Forget"/>ed when it is on its way.</summary>
    public IAsyncEnumerable<NatsErrand> ReadAllAsync(CancellationToken cancellation) => _errands.Reader.ReadAllAsync(cancellation);

    /// <summary>Gives the pages back, and the place.</summary>
    public void Forget(NatsErrand errand)
    {
        if (errand.Parcel is not { } parcel)
            return;
        parcel.Release();
        Interlocked.Decrement(ref _parcels);
    }

    /// <summary>Takes no more, and gives back what was not taken.</summary>
    public void Close()
    {
        _errands.Writer.TryComplete();
        while (_errands.Reader.TryRead(out NatsErrand errand))
            Forget(errand);
    }
}

/// <summary>What an errand is.</summary>
internal enum NatsErrandKind
{
    Publish,
    Listen,
    Deafen,
    Pull,
    Look,
}

/// <summary>Something to do over a connection.</summary>
/// <param name="Kind">Says which of the others are set.</param>
/// <param name="Number">The lane, or the number to read from.</param>
/// <param name="Parcel">To publish, in pages of its own.</param>
/// <param name="BytesMax">To read.</param>
/// <param name="Reader">Who reads.</param>
internal readonly record struct NatsErrand(NatsErrandKind Kind, ulong Number = 0, PageChain? Parcel = null, int BytesMax = 0, int Reader = 0);
