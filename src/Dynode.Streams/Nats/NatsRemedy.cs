namespace Dynode.Streams.Nats;

/// <summary>What somebody has to change where the engine stores nothing: by what it says. Pure.</summary>
internal static class NatsRemedy
{
    // Of the engine's errors, by its source (server/errors.json).
    private const long NoPlacement = 10005;
    private const long AccountFull = 10002;
    private const long ServerFull = 10023;
    private const long ReservedFull = 10047;
    private const long NotStored = 10077;

    // What a server of a cluster could not write to its own log of the stream.
    private const long NoNumber = 0;

    // What the operating system says, as Go has it in words.
    private static readonly (string Says, string Remedy)[] OfSystem =
    [
        ("no space left on device", "its disk is full: make room where store_dir of nats-server lies"),
        ("disk quota exceeded", "its disk is full for its user: raise the quota where store_dir of nats-server lies"),
        ("file too large", "its files may not grow: raise the limit of nats-server's files (ulimit -f, LimitFSIZE=)"),
        ("read-only file system", "store_dir of nats-server cannot be written to: mount it anew"),
        ("input/output error", "its disk has a fault: move store_dir of nats-server to another"),
    ];

    /// <summary>An error with what helps behind it.</summary>
    /// <param name="code">Its number; 0: the engine gives none.</param>
    /// <param name="says">Its words, short and on one line.</param>
    public static string With(long code, string says)
    {
        string remedy = code switch
        {
            ServerFull or ReservedFull => "raise max_file_store of nats-server's jetstream, or lower max_bytes of its streams (log_bytes, where it is not made yet)",
            NoPlacement => "its cluster has too few servers with JetStream, or with room, for so many copies: start them, start again whichever its leader does not list (nats server report jetstream), or set log_replicas lower",
            AccountFull => "raise this account's storage, or lower max_bytes of its streams",
            NotStored or NoNumber => OfSystem.FirstOrDefault(known => says.Contains(known.Says, StringComparison.OrdinalIgnoreCase)).Remedy ?? "",
            _ => "",
        };
        return $"{says}{(code != NoNumber ? $" (error {code})" : "")}{(remedy.Length > 0 ? $": {remedy}" : "")}";
    }
}
