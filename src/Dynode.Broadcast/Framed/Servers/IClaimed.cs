using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>This broadcaster's claim to one server, as what delivers to it sees it. In turns only.</summary>
internal interface IClaimed
{
    /// <summary>For how long it has not been renewed, beyond its lease: another may have the server by now, for all that is known; zero: none can.</summary>
    TimeSpan Overdue { get; }

    /// <summary>What tells it from whoever had the server before, or has it after.</summary>
    /// <returns>False: it is not held.</returns>
    bool TryEpoch(out OwnerEpoch epoch);

    /// <summary>The connection on which whoever had the server before delivered to it, as it is kept beside the stream: what the server itself notes a client may have thrown away.</summary>
    /// <param name="run">The server's process, as it is now.</param>
    /// <returns>0: none is known of that process.</returns>
    long LinkBefore(string run);

    /// <summary>It is delivered to on this connection from now on.</summary>
    void Linked(string run, long connection);

    /// <summary>The server says that another has it: that is looked at, at once.</summary>
    void LookAgain();
}
