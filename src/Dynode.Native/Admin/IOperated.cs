using System.Collections.Immutable;
using Dynode.Broadcast.Backends;
using Dynode.Broadcast.Listening;
using Dynode.Broadcast.Plane;
using Dynode.Native.Configuration;

namespace Dynode.Native.Admin;

/// <summary>A warning or an error that was logged.</summary>
/// <param name="Time">In UTC.</param>
/// <param name="Level">WARN or ERROR.</param>
/// <param name="Id">The stable id.</param>
/// <param name="Text">The sentence.</param>
/// <param name="IsSecret">It may name what clients sent: nobody sees it without a token.</param>
internal sealed record OperatedEvent(DateTime Time, string Level, int Id, string Text, bool IsSecret);

/// <summary>Where the list of servers comes from.</summary>
/// <param name="HasFile">The configuration names some.</param>
/// <param name="HasUrl">The list URL is asked.</param>
/// <param name="Age">How long ago it gave the list in force; null: never, or none is asked.</param>
/// <param name="Faults">How often it gave none.</param>
/// <param name="LastFault">What was wrong last; null: nothing since the last good one.</param>
/// <param name="IsKept">The list in force is an earlier run's: the URL has not given one yet.</param>
internal sealed record MembershipFigures(bool HasFile, bool HasUrl, TimeSpan? Age, long Faults, string? LastFault, bool IsKept = false);

/// <summary>Of the certificates that clients are shown.</summary>
/// <param name="End">When the first of them ends.</param>
/// <param name="Fault">Why what is in the files is not shown; null: it is.</param>
internal sealed record CertificateFigures(DateTimeOffset End, string? Fault);

/// <summary>All that the admin side knows of the host whose data plane it shows. Any thread.</summary>
internal interface IOperated
{
    /// <summary>In force now.</summary>
    HostSettings Settings { get; }

    /// <summary>Where it listens.</summary>
    IEnumerable<string> Listen { get; }

    /// <summary>Clients are let in.</summary>
    bool IsAccepting { get; }

    /// <summary>The end has begun.</summary>
    bool IsEnding { get; }

    MembershipFigures Membership { get; }

    /// <summary>That clients are shown, and those who ask the admin port; null: nobody speaks TLS.</summary>
    CertificateFigures? Certificates { get; }

    /// <summary>At the admin port; null: it speaks no TLS.</summary>
    AdminHandshakes? AdminHandshakes { get; }

    /// <summary>Where a server comes from: file, dns, url or runtime; removed: it is in none of these any more, and gets yet what was sent before.</summary>
    string SourceOf(BackendAddress server);

    /// <summary>The last of them, newest first.</summary>
    ImmutableArray<OperatedEvent> Events { get; }

    /// <summary>All clients at this moment, in no order.</summary>
    ClientFigures[] Clients();

    /// <summary>The last requests that were slow, newest first; none in raw.</summary>
    SlowRequest[] SlowRequests();

    /// <summary>Lines of the log that were lost.</summary>
    long LogLinesDropped { get; }

    /// <summary>Descriptors that this process may have.</summary>
    long DescriptorsMax { get; }
}
