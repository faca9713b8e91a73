namespace Dynode.LoadTest.Requests;

/// <summary>What the bytes at the front of a server's connection are.</summary>
internal enum RequestKind
{
    /// <summary>The beginning of something right.</summary>
    Partial,

    /// <summary>A client's request, whole, right to its last byte.</summary>
    Request,

    /// <summary>What the broadcaster itself asks a new connection.</summary>
    Preamble,

    /// <summary>None of these.</summary>
    Wrong,
}

/// <summary>What was read.</summary>
/// <param name="Kind">Of it.</param>
/// <param name="Length">In bytes, where it is whole.</param>
/// <param name="Client">Of a request: who sent it.</param>
/// <param name="Sequence">Of a request: which of the client's it is, from 0.</param>
/// <param name="Reply">To a preamble.</param>
/// <param name="Fault">What is wrong.</param>
internal readonly record struct RequestRead(RequestKind Kind, int Length = 0, int Client = 0, long Sequence = 0, byte[]? Reply = null, string? Fault = null)
{
    public static RequestRead Partial => new(RequestKind.Partial);

    public static RequestRead Wrong(string fault) => new(RequestKind.Wrong, Fault: fault);
}
