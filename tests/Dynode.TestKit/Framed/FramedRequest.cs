namespace Dynode.TestKit.Framed;

/// <summary>One request as a <see cref="FramedServer"/> received it.</summary>
/// <param name="Words">Its arguments, a data block as the last of them; one character a byte.</param>
/// <param name="Connection">Index of the connection that brought it, in order of accept, from 0; counted on over restarts.</param>
/// <param name="Number">Which it was on all connections together, from 1; 0 for a preamble, which is not counted.</param>
/// <param name="NumberOnConnection">Which it was on its connection, from 1; 0 for a preamble.</param>
/// <param name="Database">In force when it came; redis.</param>
public sealed record FramedRequest(IReadOnlyList<string> Words, int Connection, int Number, int NumberOnConnection, int Database)
{
    /// <summary>Who connects asks such things before anything else (redis: AUTH, PING, INFO, SELECT …); the same words later are requests.</summary>
    public bool IsPreamble => Number == 0;

    /// <summary>Nothing but a preamble came before it on its connection.</summary>
    public bool IsFirstOnConnection => NumberOnConnection == 1;

    /// <summary>The first word, in upper case.</summary>
    public string Name => Words[0].ToUpperInvariant();

    /// <summary>The words with a space between them.</summary>
    public string Text => string.Join(' ', Words);

    public override string ToString()
    {
        const int ShownMax = 80;
        string text = Text;
        return $"{(IsPreamble ? "preamble" : Number)} on #{Connection}: {(text.Length > ShownMax ? $"{text[..ShownMax]}… ({text.Length})" : text)}";
    }
}
