using Dynode.Broadcast.Backends;
using Dynode.Native.Configuration;

namespace Dynode.Native.Bootstrap;

/// <summary>What is to be done.</summary>
/// <param name="New">The server that is given another's data.</param>
/// <param name="From">Whose.</param>
/// <param name="Login">At both.</param>
internal sealed record BootstrapPlan(BackendAddress New, BackendAddress From, ConfiguredBackend Login)
{
    /// <summary>How the new one reaches the other, where that is another address than ours.</summary>
    public BackendAddress? As { get; init; }

    /// <summary>What the new one holds is thrown away.</summary>
    public bool Replaces { get; init; }

    /// <summary>Nobody is asked.</summary>
    public bool IsYes { get; init; }

    /// <summary>What the new one is told to replicate.</summary>
    public BackendAddress Source => As ?? From;

    /// <summary>The same verb again, for people.</summary>
    public string Again => $"dynode bootstrap {New} --from {From}{(As is null ? "" : $" --as {As}")} --replace";
}
