using System.Collections.Immutable;
using System.Text;

namespace Dynode.Protocols.Memcached;

/// <summary>How the lines of a command are built, and so how they are judged.</summary>
internal enum VerbForm : byte
{
    /// <summary>Keys to the end of the line; <c>gat</c> with a time before them.</summary>
    Get,

    /// <summary><c>key flags exptime bytes</c>, a block; <c>cas</c> with a number behind.</summary>
    Storage,

    /// <summary>A key and what to do with it.</summary>
    Keyed,

    /// <summary>No key: for the server itself.</summary>
    Server,

    /// <summary>A key and flags; <c>ms</c> with a length between them, and a block.</summary>
    Meta,

    /// <summary><c>me</c>: a key, perhaps with b.</summary>
    MetaDebug,

    /// <summary>Statistics.</summary>
    Stats,

    /// <summary>Answered here, whatever stands behind.</summary>
    Local,

    /// <summary>Answered here by what servers have said of themselves, whatever stands behind.</summary>
    Version,

    /// <summary>Answered here with the reason why it is not forwarded.</summary>
    Refused,
}

/// <summary>
/// The commands of memcached that are known here, and the few facts that change framing, the number of replies or their
/// comparison. What is not in this table is answered with ERROR: nobody knows where its request and its reply end.
/// </summary>
internal sealed class MemcachedVerb
{
    private const string Elsewhere = "send it to a server itself";

    // The frequent ones first: it is searched from the front.
    private static readonly ImmutableArray<MemcachedVerb> All =
    [
        new("get", VerbForm.Get) { ArgumentsMin = 1, Reads = true, LineBytesMax = MemcachedRequestReader.LongLineBytesMax },
        new("set", VerbForm.Storage) { ArgumentsMin = 4, LengthToken = 4, NoReplyFrom = 4 },

        // c: a cas number, each server counts its own. t, l: seconds by a clock of its own. h: whether anybody read it before,
        // also on a connection that is not ours. R: whether a time has come, by the server's clock.
        new("mg", VerbForm.Meta) { ArgumentsMin = 1, Hide = MetaHide.Miss, OwnFlags = "ctlhR", Reads = true, WritingFlags = "ENRT" },
        new("ms", VerbForm.Meta) { ArgumentsMin = 2, LengthToken = 2, Hide = MetaHide.Done, OwnFlags = "c" },
        new("md", VerbForm.Meta) { ArgumentsMin = 1, Hide = MetaHide.Done },
        new("ma", VerbForm.Meta) { ArgumentsMin = 1, Hide = MetaHide.Counted, OwnFlags = "ct" },
        new("incr", VerbForm.Keyed) { ArgumentsMin = 2, ArgumentsMax = 2, NoReplyFrom = 2 },
        new("decr", VerbForm.Keyed) { ArgumentsMin = 2, ArgumentsMax = 2, NoReplyFrom = 2 },
        new("delete", VerbForm.Keyed) { ArgumentsMin = 1, ArgumentsMax = 2, NoReplyFrom = 2 },
        new("touch", VerbForm.Keyed) { ArgumentsMin = 2, ArgumentsMax = 2, NoReplyFrom = 2 },
        new("add", VerbForm.Storage) { ArgumentsMin = 4, LengthToken = 4, NoReplyFrom = 4 },
        new("replace", VerbForm.Storage) { ArgumentsMin = 4, LengthToken = 4, NoReplyFrom = 4 },
        new("append", VerbForm.Storage) { ArgumentsMin = 4, LengthToken = 4, NoReplyFrom = 4 },
        new("prepend", VerbForm.Storage) { ArgumentsMin = 4, LengthToken = 4, NoReplyFrom = 4 },
        new("cas", VerbForm.Storage) { ArgumentsMin = 5, LengthToken = 4, NoReplyFrom = 5, ComparesCas = true },
        new("gat", VerbForm.Get) { ArgumentsMin = 2 },

        // Each item comes with its cas number, and each server counts its own.
        new("gets", VerbForm.Get) { ArgumentsMin = 1, Reads = true, Class = ReplyClass.Own, LineBytesMax = MemcachedRequestReader.LongLineBytesMax },
        new("gats", VerbForm.Get) { ArgumentsMin = 2, Class = ReplyClass.Own },
        new("mn", VerbForm.Local) { Answer = "MN\r\n" },

        new("version", VerbForm.Version),
        new("quit", VerbForm.Local) { Answer = "", Closes = true },
        new("flush_all", VerbForm.Server) { ArgumentsMax = 1 },

        // The item's cas number, slab class, and seconds since its last use.
        new("me", VerbForm.MetaDebug) { ArgumentsMin = 1, ArgumentsMax = 2, Reads = true, Class = ReplyClass.Own },

        // cachedump and detail print keys as they are, line ends and all; sizes_enable answers with a STAT that no END follows.
        new("stats", VerbForm.Stats)
        {
            Class = ReplyClass.Own,
            FirstArguments = ["settings", "items", "slabs", "sizes", "conns", "extstore", "reset"],
            Answer = "only stats, stats settings, items, slabs, sizes, conns, extstore and reset are sent to servers: "
                + "it is not certain where replies to others end; ask a server itself",
        },

        // Their replies tell of one server's memory and threads: OK here, BUSY or NOTFULL there.
        new("verbosity", VerbForm.Server) { ArgumentsMin = 1, ArgumentsMax = 1, Class = ReplyClass.Own },
        new("cache_memlimit", VerbForm.Server) { ArgumentsMin = 1, ArgumentsMax = 1, Class = ReplyClass.Own },
        new("slabs", VerbForm.Server) { ArgumentsMin = 2, ArgumentsMax = 3, NoReplyFrom = 2, Class = ReplyClass.Own },
        new("lru", VerbForm.Server) { ArgumentsMin = 1, ArgumentsMax = 5, Class = ReplyClass.Own },
        new("extstore", VerbForm.Server) { ArgumentsMin = 2, ArgumentsMax = 3, Class = ReplyClass.Own },
        new("lru_crawler", VerbForm.Server)
        {
            ArgumentsMin = 1,
            ArgumentsMax = 2,
            NoReplyFrom = 2,
            Class = ReplyClass.Own,
            FirstArguments = ["enable", "disable", "sleep", "tocrawl", "crawl"],
            Answer = "of lru_crawler only enable, disable, sleep, tocrawl and crawl are sent to servers: "
                + "a dump takes a connection that all clients share; ask a server itself",
        },
        new("shutdown", VerbForm.Refused) { Answer = $"shutdown is refused, it would stop every server; {Elsewhere}" },
        new("watch", VerbForm.Refused) { Answer = $"watch is refused, it would take a connection that all clients share; {Elsewhere}" },
        new("refresh_certs", VerbForm.Refused) { Answer = $"refresh_certs is refused, its reply may end nowhere; {Elsewhere}" },
        new("misbehave", VerbForm.Refused) { Answer = $"misbehave is refused, it is for tests of memcached; {Elsewhere}" },
        new("debugtime", VerbForm.Refused) { Answer = $"debugtime is refused, it is for tests of memcached; {Elsewhere}" },
        new("debugitem", VerbForm.Refused) { Answer = $"debugitem is refused, it is for tests of memcached; {Elsewhere}" },
    ];

    private readonly TokenName _name;

    private MemcachedVerb(string name, VerbForm form)
    {
        _name = TokenName.Of(Encoding.ASCII.GetBytes(name));
        Form = form;
    }

    public VerbForm Form { get; }

    /// <summary>Tokens behind the command that must be there.</summary>
    public int ArgumentsMin { get; private init; }

    /// <summary>Tokens that may be there besides noreply; of no meaning for keys and flags.</summary>
    public int ArgumentsMax { get; private init; }

    /// <summary>Tokens behind the command from which on a last one of noreply is heeded, itself included.</summary>
    public int NoReplyFrom { get; private init; } = 1;

    /// <summary>The token that says how long the block is; 0: no block.</summary>
    public int LengthToken { get; private init; }

    /// <summary>The longest line, LF included.</summary>
    public int LineBytesMax { get; private init; } = MemcachedRequestReader.LineBytesMax;

    /// <summary>How its replies are compared.</summary>
    public ReplyClass Class { get; private init; }

    /// <summary>Flags that make replies one server's own.</summary>
    public string OwnFlags { get; private init; } = "";

    /// <summary>It changes no item, but for those flags that make it.</summary>
    public bool Reads { get; private init; }

    /// <summary>Flags with which it changes an item: brings one into being, gives one out to be made anew, sets when it ends.</summary>
    public string WritingFlags { get; private init; } = "";

    /// <summary>What its flag q hides.</summary>
    public byte Hide { get; private init; }

    /// <summary>It stores only where a cas number is still the same.</summary>
    public bool ComparesCas { get; private init; }

    /// <summary>What may stand behind it, by its whole name: memcached itself takes beginnings of names. Empty: anything.</summary>
    public ImmutableArray<string> FirstArguments { get; private init; } = [];

    /// <summary>Local: the whole answer. Else: why it is refused.</summary>
    public string Answer { get; private init; } = "";

    /// <summary>The client is closed behind the answer.</summary>
    public bool Closes { get; private init; }

    /// <summary>The command with a name; null: there is none.</summary>
    public static MemcachedVerb? Find(TokenName name)
    {
        foreach (var verb in All)
        {
            if (verb._name == name)
                return verb;
        }

        return null;
    }
}
