using System.Collections.Immutable;

namespace Dynode.TestKit.Framed;

/// <summary>How a <see cref="FramedServer"/> answers. Immutable: tests swap it whole (<c>server.Script = server.Script with {…}</c>).</summary>
public sealed record FramedScript
{
    /// <summary>Asked first, of every request, also a preamble; null: as below. It must not call the server, which waits for it.</summary>
    public Func<FramedRequest, FramedReply?>? Answer { get; init; }

    /// <summary>The line that every request but a preamble gets: <c>-OOM …</c>, <c>-READONLY …</c>, <c>SERVER_ERROR …</c>; null: none.</summary>
    public string? Refusal { get; init; }

    /// <summary>What every request that nothing else answers gets; null: the protocol's own way to say that all is well.</summary>
    public FramedReply? Default { get; init; }

    /// <summary>redis: <c>-LOADING</c> to all but AUTH, SELECT, INFO and QUIT, and INFO says so too.</summary>
    public bool Loading { get; init; }

    /// <summary>redis: what INFO says.</summary>
    public string Role { get; init; } = "master";

    /// <summary>redis: <c>-NOAUTH</c> to all until AUTH named it; null: none is wanted.</summary>
    public string? Password { get; init; }

    /// <summary>redis: who has the password.</summary>
    public string Username { get; init; } = "default";

    /// <summary>redis: SELECT of these fails.</summary>
    public ImmutableHashSet<int> RefusedDatabases { get; init; } = [];
}
