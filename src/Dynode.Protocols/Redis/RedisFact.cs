using static Dynode.Protocols.Redis.RedisRule;
using static Dynode.Protocols.ReplyClass;

namespace Dynode.Protocols.Redis;

/// <summary>What is known of one name, or of a name with its subcommand. Immutable.</summary>
internal sealed class RedisFact
{
    /// <summary>Upper case; the subcommand behind a blank.</summary>
    public required string Name { get; init; }

    /// <summary>What becomes of it.</summary>
    public RedisRule Rule { get; init; }

    /// <summary>How its replies are compared.</summary>
    public ReplyClass Class { get; init; }

    /// <summary>Which argument its first key is, the name being 0; 0: it has none, or not at one place.</summary>
    public int Key { get; init; }

    /// <summary>Where it may ask to be kept waiting: which argument its options begin at, when they are not those of XREAD; 0: they are.</summary>
    public int OptionsAt { get; init; }

    /// <summary>Where it is answered here: how many arguments it takes, its name among them; below 0: at least so many; 0: any number.</summary>
    public int Arity { get; init; }

    /// <summary>Where <see cref="Arity"/> is below 0: the most arguments that it takes, its name among them.</summary>
    public int ArityMax { get; init; } = int.MaxValue;

    /// <summary>Where it may be refused: the error, with its code.</summary>
    public string Refusal { get; init; } = "";

    /// <summary>As redis writes it in its errors: <c>client|id</c>.</summary>
    public string ErrorName => Name.ToLowerInvariant().Replace(' ', '|');

    /// <summary>Whether it may have so many arguments, its name among them.</summary>
    public bool Admits(int arguments) => Arity switch
    {
        0 => true,
        > 0 => arguments == Arity,
        _ => arguments >= -Arity && arguments <= ArityMax,
    };

    /// <summary>A line of the table: answered here.</summary>
    public static RedisFact Here(string name, RedisRule rule, int arity, int arityMax = int.MaxValue) =>
        new() { Name = name, Rule = rule, Arity = arity, ArityMax = arityMax };

    /// <summary>A line of the table: refused, by an error that names it and the way out.</summary>
    public static RedisFact Refused(string name, string why, string wayOut, RedisRule rule = Refuse, int arity = 0) =>
        new() { Name = name, Rule = rule, Arity = arity, Refusal = $"ERR {name} is refused: {why}; {wayOut}" };

    /// <summary>A line of the table: refused where it asks to be kept waiting.</summary>
    public static RedisFact Blocking(string name, string why, int key = 0, int optionsAt = 0) => new()
    {
        Name = name,
        Rule = ForwardUnlessBlocking,
        Key = key,
        OptionsAt = optionsAt,
        Refusal = $"ERR {name} BLOCK is refused: {why}; use {name} without BLOCK",
    };

    /// <summary>A line of the table: replies are each server's own.</summary>
    public static RedisFact Owned(string name, int key = 0) => new() { Name = name, Class = Own, Key = key };

    /// <summary>A line of the table: its cursor, and the one in its reply, are one server's own.</summary>
    public static RedisFact Scanning(string name, int key = 0) => new() { Name = name, Rule = Scan, Class = Own, Key = key };

    /// <summary>A line of the table: replies have no order.</summary>
    public static RedisFact Mixed(string name, int key = 1) => new() { Name = name, Class = Unordered, Key = key };

    /// <summary>A line of the table: only where the first key is.</summary>
    public static RedisFact Keyed(string name, int key) => new() { Name = name, Key = key };

    /// <summary>A line of the table: it runs a program of the client's.</summary>
    public static RedisFact Program(string name, int key) => new() { Name = name, Class = Outcome, Key = key };
}
