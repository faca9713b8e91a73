namespace Dynode.Protocols;

/// <summary>Why a server says "not now, and nothing was done".</summary>
public enum NotNowCause : byte
{
    /// <summary>It does not say so.</summary>
    None,

    /// <summary>It runs a script, or a module's request, that takes long.</summary>
    Busy,

    /// <summary>It reads its data.</summary>
    Loading,

    /// <summary>A replica that has lost its master, and serves nothing meanwhile.</summary>
    MasterDown,

    /// <summary>A replica that takes no writes: it goes on serving reads.</summary>
    ReadOnly,

    /// <summary>It does not know who asks.</summary>
    NoAuth,
}

/// <summary>What is known of a request when the replies around it are in doubt.</summary>
[Flags]
public enum RequestNature : byte
{
    /// <summary>It may write: no server that says "not now" to anybody carries it out.</summary>
    None,

    /// <summary>The server itself flags it as one that changes nothing.</summary>
    Reads = 1,

    /// <summary>It runs a program (a script, a function, a module): what that says is the program's word, not the server's.</summary>
    RunsProgram = 2,

    /// <summary>Servers carry it out in every state, or in some: that they did proves nothing.</summary>
    ProvesNothing = 4,
}

/// <summary>What a reply says about a server that may have said "not now".</summary>
public enum Evidence : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It refuses: the earlier reply was the server's own.</summary>
    Refuses,

    /// <summary>It serves: the earlier reply was not the server's own, or is no longer true.</summary>
    Serves,
}

/// <summary>What a server is asked when it is not known whether it has said "not now".</summary>
/// <param name="Request">Sent as it is; it changes nothing.</param>
/// <param name="Weigh">What the whole reply says about this cause.</param>
public sealed record NotNowQuestion(ReadOnlyMemory<byte> Request, Func<ReadOnlyMemory<byte>, NotNowCause, Evidence> Weigh);
