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
}
