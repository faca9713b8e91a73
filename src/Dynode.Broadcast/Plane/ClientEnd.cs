namespace Dynode.Broadcast.Plane;

/// <summary>Why a client ended, as it is counted and as it is said. Immutable.</summary>
/// <param name="reason">Of the closed set.</param>
/// <param name="text">In words.</param>
internal sealed class ClientEnd(EndReason reason, string text)
{
    public static readonly ClientEnd ByClient = new(EndReason.Client, "closed by the client");
    public static readonly ClientEnd OwnRequest = new(EndReason.Client, "its own request");
    public static readonly ClientEnd Reset = new(EndReason.Reset, "reset by the client");
    public static readonly ClientEnd Barren = new(EndReason.Reset, "its TLS carried no data");
    public static readonly ClientEnd Idle = new(EndReason.Idle, "idle");
    public static readonly ClientEnd WriteTimeout = new(EndReason.WriteTimeout, "write timeout");
    public static readonly ClientEnd ByOperator = new(EndReason.Operator, "closed by an operator");
    public static readonly ClientEnd Drain = new(EndReason.Drain, "drain");
    public static readonly ClientEnd Shutdown = new(EndReason.Drain, "shutdown");
    public static readonly ClientEnd Fault = new(EndReason.Fault, "a fault of this program");

    /// <summary>Of the closed set.</summary>
    public EndReason Reason => reason;

    /// <summary>In words.</summary>
    public string Text => text;

    /// <summary>Memory was spent.</summary>
    public static ClientEnd OfMemory(string text) => new(EndReason.Memory, text);

    /// <summary>A server ended.</summary>
    public static ClientEnd OfServer(string text) => new(EndReason.Server, text);

    /// <summary>What is said where there is one reason already: the first, unless the client had done no more than send its FIN.</summary>
    public static ClientEnd Of(ClientEnd? before, ClientEnd now) => before is null || before == ByClient ? now : before;
}
