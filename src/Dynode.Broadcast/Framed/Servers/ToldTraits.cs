using Dynode.Broadcast.Framed.Answers;
using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// What one server says of itself when it is connected to, and whether it has shown that it speaks less than it says. In turns only.
/// </summary>
internal sealed class ToldTraits(Voter voter, IElection election)
{
    private ServerTraits? _refusing;

    /// <summary>What it last said; null: nothing.</summary>
    public ServerTraits? Last { get; private set; }

    /// <summary>A connection to it is ready, and it has said so much.</summary>
    public void Told(ServerTraits? traits)
    {
        // One that has refused a protocol is not asked for it again while it calls itself the same.
        if (traits is not null && AsFirst(traits) == _refusing)
            traits = _refusing;
        else
            _refusing = traits is { ProtocolMax: RequestVerdict.FirstProtocol } ? traits : null;
        Take(traits);
    }

    /// <summary>
    /// It does not speak a protocol that it was thought to: it carries out the same requests, and votes on none that it is asked in that. That
    /// it would not go back to the first is its connection's affair: on the next one it speaks it unasked.
    /// </summary>
    public void Refused(int protocol)
    {
        if (protocol == RequestVerdict.FirstProtocol || Last is null || !voter.Speaks((byte)protocol))
            return;
        Take(_refusing = AsFirst(Last));
        election.Reelect();
    }

    /// <summary>It speaks a protocol, whatever it has said before.</summary>
    public void Granted(int protocol)
    {
        if (Last is null || voter.Speaks((byte)protocol))
            return;
        _refusing = null;
        Take(Last with { ProtocolMax = protocol });
        election.Reelect();
    }

    private static ServerTraits AsFirst(ServerTraits traits) => traits with { ProtocolMax = RequestVerdict.FirstProtocol };

    // Who knows of none, as memcached, speaks the first.
    private void Take(ServerTraits? traits)
    {
        Last = traits;
        voter.ProtocolMax = Math.Max(RequestVerdict.FirstProtocol, traits?.ProtocolMax ?? 0);
    }
}
