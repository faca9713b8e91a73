namespace Dynode.Protocols.Redis;

/// <summary>What becomes of a request, by its name.</summary>
internal enum RedisRule : byte
{
    /// <summary>It goes to the servers.</summary>
    Forward,

    /// <summary>It goes to the servers unless it asks to be kept waiting: XREAD, XREADGROUP and TS.READ.</summary>
    ForwardUnlessBlocking,

    /// <summary>It goes to the servers; its cursor, and the one in its reply, are one server's own: SCAN and its family.</summary>
    Scan,

    /// <summary>It gets an error that names it and the way out.</summary>
    Refuse,

    /// <summary>A line of HTTP. Servers hang up on it, and the connection is everybody's; so the client is the one that is closed.</summary>
    RefuseAndClose,

    /// <summary>Answered here; inside a transaction by the servers.</summary>
    Ping,

    /// <summary>As <see cref="Ping"/>.</summary>
    Echo,

    /// <summary>As <see cref="Ping"/>: nothing is watched.</summary>
    Unwatch,

    /// <summary>The end of the client, also inside a transaction.</summary>
    Quit,

    /// <summary>All that the client had set is forgotten, also a transaction.</summary>
    Reset,

    /// <summary>Begins a transaction.</summary>
    Multi,

    /// <summary>Ends a transaction, which goes to the servers.</summary>
    Exec,

    /// <summary>Ends a transaction, which goes nowhere.</summary>
    Discard,

    // All below are answered here, and not taken inside a transaction: servers know nothing of this client.

    /// <summary>With a user, or for the default one.</summary>
    Auth,

    /// <summary>Which protocol is spoken.</summary>
    Hello,

    /// <summary>Answered here where nothing changes; else the servers are asked.</summary>
    Select,

    /// <summary>+OK, and nothing changes: READONLY, READWRITE, CLIENT CAPA.</summary>
    Accept,

    /// <summary>CLIENT ID.</summary>
    ClientId,

    /// <summary>CLIENT INFO.</summary>
    ClientInfo,

    /// <summary>CLIENT GETNAME.</summary>
    ClientGetName,

    /// <summary>CLIENT SETNAME.</summary>
    ClientSetName,

    /// <summary>CLIENT SETINFO: taken, and kept nowhere.</summary>
    ClientSetInfo,

    /// <summary>CLIENT REPLY.</summary>
    ClientReply,

    /// <summary>CLIENT NO-EVICT and NO-TOUCH: hints about a connection that is not the client's own.</summary>
    ClientHint,

    /// <summary>CLIENT TRACKING: OFF is how it is.</summary>
    ClientTracking,

    /// <summary>CLIENT CACHING.</summary>
    ClientCaching,

    /// <summary>CLIENT GETREDIR.</summary>
    ClientGetRedir,

    /// <summary>CLIENT TRACKINGINFO.</summary>
    ClientTrackingInfo,

    /// <summary>CLIENT UNBLOCK: nobody is blocked.</summary>
    ClientUnblock,

    /// <summary>CLIENT HELP.</summary>
    ClientHelp,

    /// <summary>CLIENT with anything else.</summary>
    ClientUnknown,
}
