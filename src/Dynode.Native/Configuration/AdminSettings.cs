using System.Collections.Immutable;
using Dynode.Protocols;

namespace Dynode.Native.Configuration;

/// <summary>How many servers must be current for a broadcaster to be ready.</summary>
internal enum ReadyShare
{
    /// <summary>So many as are said.</summary>
    Count,

    /// <summary>More than half of those that are configured.</summary>
    Majority,

    /// <summary>All of them.</summary>
    All,
}

/// <summary>The value of <c>ready_servers</c>.</summary>
/// <param name="Share">Of the configured servers.</param>
/// <param name="Count">Where that says so.</param>
internal readonly record struct ReadyServers(ReadyShare Share, int Count);

/// <summary>A place that the admin side is asked at.</summary>
/// <param name="Path">Of a unix socket; null: it is no path.</param>
/// <param name="Host">A name, an address, or <c>*</c>; null: it is no TCP port.</param>
/// <param name="Port">The TCP port.</param>
internal sealed record AdminPlace(string? Path, string? Host, int Port)
{
    /// <summary>As it is configured.</summary>
    public override string ToString() => Path is not null ? $"unix:{Path}" : Host!.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}

/// <summary>For the admin side: where it is asked, and by whom.</summary>
internal sealed record AdminSettings
{
    /// <summary>The command line's door; null: there is none.</summary>
    public AdminPlace? Control { get; init; }

    /// <summary>The port for probes, Prometheus and people; null: there is none.</summary>
    public AdminPlace? Port { get; init; }

    /// <summary><see cref="Port"/> speaks TLS, and nothing else.</summary>
    public bool IsTls { get; init; }

    /// <summary>How long a handshake there may take.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Who has it may see secrets, and give orders; empty: nobody may, on the port.</summary>
    public Secret Token { get; init; }

    /// <summary>What the port may be called by in a browser, beside addresses and localhost.</summary>
    public ImmutableArray<string> Names { get; init; } = [];

    public ReadyServers ReadyServers { get; init; }
}
