namespace Dynode.Protocols;

/// <summary>Which time of which broadcaster with a server that is: of two in one order the later one is the higher.</summary>
/// <param name="Order">The stream's name.</param>
/// <param name="Created">When that was made: one that was made anew begins with low numbers again.</param>
/// <param name="Number">Of the claim when the server was acquired.</param>
public readonly record struct OwnerEpoch(string Order, long Created, ulong Number);

/// <summary>What a server says to whoever would deliver to it.</summary>
public enum OwnerVerdict
{
    /// <summary>Something else: it refuses to be asked, most likely.</summary>
    Error,

    /// <summary>Its memory is out: it is to be asked so that it does it all the same.</summary>
    NoMemory,

    /// <summary>A later one has it.</summary>
    Refused,

    /// <summary>The connection that is noted there is to be ended first: whoever died between noting his and ending that would leave it alive, and known to nobody.</summary>
    EndFirst,

    /// <summary>It is noted.</summary>
    Taken,

    /// <summary>It is noted, over something that no broadcaster wrote.</summary>
    Overwritten,
}

/// <summary>
/// How a server notes in its own data who delivers to it, and on which connection: a later one ends the connection of the one before, and then notes its own; an earlier one is refused. So all that were ever noted are
/// dead but the one that is, and whatever an earlier one had sent, and the server had not carried out, it never will. Stateless; any thread.
/// </summary>
public interface IOwnerKey
{
    /// <summary>Asks a server which process it is.</summary>
    ReadOnlyMemory<byte> AskRun { get; }

    /// <summary>Its answer.</summary>
    /// <returns>Empty: it does not say.</returns>
    string ReadRun(ReadOnlyMemory<byte> reply);

    /// <summary>Asks a server by which number it knows this connection.</summary>
    ReadOnlyMemory<byte> AskConnection { get; }

    /// <summary>Its answer.</summary>
    bool TryReadConnection(ReadOnlySpan<byte> reply, out long connection);

    /// <summary>Notes who has it, in one piece with the look at who had.</summary>
    /// <param name="key">Where.</param>
    /// <param name="epoch">Who.</param>
    /// <param name="run">The process: what another one's data say is void.</param>
    /// <param name="connection">This one.</param>
    /// <param name="ended">One that was noted there, and is dead; 0: none is known to be.</param>
    /// <param name="evenIfFull">Also where memory is out.</param>
    ReadOnlyMemory<byte> Take(ReadOnlySpan<byte> key, in OwnerEpoch epoch, string run, long connection, long ended, bool evenIfFull);

    /// <summary>Its answer.</summary>
    /// <param name="reply">Whole.</param>
    /// <param name="before">With <see cref="OwnerVerdict.EndFirst"/>: which.</param>
    OwnerVerdict Read(ReadOnlyMemory<byte> reply, out long before);

    /// <summary>Ends a connection.</summary>
    /// <param name="connection">Its number; 0: none that there is, to see whether it is allowed.</param>
    ReadOnlyMemory<byte> EndOne(long connection);

    /// <summary>Whether that was allowed, by its answer.</summary>
    bool IsEnded(ReadOnlySpan<byte> reply);
}
