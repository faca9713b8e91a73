using System.Net;

namespace Dynode.TestKit;

/// <summary>What a <see cref="ScriptedServer"/> does with a connection as soon as it has accepted it.</summary>
public enum AcceptThen
{
    Serve,

    /// <summary>FIN at once.</summary>
    Close,

    /// <summary>RST at once.</summary>
    Reset,
}

/// <summary>What is kept of the bytes received.</summary>
public enum Recording
{
    Bytes,

    /// <summary>Only how many, and their SHA-256: for volumes that nobody wants to hold.</summary>
    Hash,
}

/// <summary>How a <see cref="ScriptedServer"/> behaves. Immutable: tests swap it whole (<c>server.Script = server.Script with {…}</c>).</summary>
public sealed record ServerScript
{
    /// <summary>Where it listens, of its first script alone; port 0: of the system's choice.</summary>
    public IPEndPoint At { get; init; } = new(IPAddress.Loopback, 0);

    public AcceptThen OnAccept { get; init; } = AcceptThen.Serve;

    /// <summary>Sent first on every connection.</summary>
    public byte[]? Greeting { get; init; }

    /// <summary>Bytes of replies that nobody asked for, sent on every connection after the greeting, beside everything else.</summary>
    public long FloodBytes { get; init; }

    /// <summary>Sends every byte back.</summary>
    public bool Echo { get; init; }

    /// <summary>The reply to what one read brought; null: none.</summary>
    public Func<ReadOnlyMemory<byte>, byte[]?>? ReplyPerRead { get; init; }

    /// <summary>The reply, its line end included, to one line, given without <c>\n</c> and <c>\r</c>; null: none.</summary>
    public Func<string, string?>? ReplyPerLine { get; init; }

    /// <summary>
    /// Given what one read brought, in step with the record: once a pause has returned it is not called until reading goes on. Must
    /// not wait, and may end no connection.
    /// </summary>
    public Action<ScriptedConnection, ReadOnlyMemory<byte>>? OnRead { get; init; }

    /// <summary>Resets a connection as soon as it has brought so many bytes; 0: never.</summary>
    public long ResetAfterBytes { get; init; }

    /// <summary>Answers the peer's FIN by our own and closes. False: the connection stays half open until the test ends it.</summary>
    public bool AnswerEnd { get; init; } = true;

    /// <summary>New connections are not read until the test resumes them.</summary>
    public bool ReadPaused { get; init; }

    /// <summary>Looked at by <see cref="ScriptedServer.Listen"/>: connections stay in the kernel's queue.</summary>
    public bool AcceptPaused { get; init; }

    /// <summary>listen(2)'s backlog, looked at by <see cref="ScriptedServer.Listen"/>.</summary>
    public int ListenBacklog { get; init; } = 512;

    /// <summary>SO_RCVBUF of every connection, in bytes; 0: the kernel's.</summary>
    public int ReceiveBufferBytes { get; init; }

    public Recording Recording { get; init; } = Recording.Bytes;
}
