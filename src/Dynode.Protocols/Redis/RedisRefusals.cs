using System.Collections.Immutable;
using System.Text;

namespace Dynode.Protocols.Redis;

/// <summary>One text by which a server refuses a request before it runs anything.</summary>
/// <param name="Text">The whole line, without '-' and line end.</param>
/// <param name="Cause">Why.</param>
/// <param name="Since">The servers that say it, as far as their sources were read (redis 6.2 to 8.0, valkey 7.2 to 8.1).</param>
internal sealed record RedisRefusal(string Text, NotNowCause Cause, string Since)
{
    /// <summary><see cref="Text"/> as it is sent.</summary>
    public byte[] Bytes { get; } = Encoding.ASCII.GetBytes(Text);
}

/// <summary>
/// All texts that mean "not now, and nothing was done": a reply is one of these to the letter, or an error like any other. A script may
/// return any error, with any code, so a code alone proves nothing. Three forms:
/// <code>
///   -text                                                        redis's processCommand, before it runs anything
///   -EXECABORT Transaction discarded because of: text            the same, of EXEC: nothing of the transaction has run
///   -text script: NAME, on @user_script:1.                       a script that redis.call has refused a write; redis 7.0, valkey
///   -ERR Error running script (call to f_SHA): @…: -text         the same; redis 6.2
///   -@user_script: 1: -text                                      the same, returned by redis.pcall; redis 6.2
/// </code>
/// </summary>
internal static class RedisRefusals
{
    private const string Everywhere = "redis 6.2, valkey 7.2";
    private const string Since70 = "redis 7.0, valkey 7.2";
    private const string Valkey = "valkey 8.0";

    private static readonly byte[] Aborted = "EXECABORT Transaction discarded because of: "u8.ToArray();
    private static readonly byte[] InScript = " script: "u8.ToArray();
    private static readonly byte[] InOldScript = ": -"u8.ToArray();

    /// <summary>Every text. valkey names itself in some, unless extended-redis-compatibility is set.</summary>
    public static ImmutableArray<RedisRefusal> All { get; } =
    [
        new("LOADING Redis is loading the dataset in memory", NotNowCause.Loading, Everywhere),
        new("LOADING Valkey is loading the dataset in memory", NotNowCause.Loading, Valkey),
        new("BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", NotNowCause.Busy, Everywhere),
        new("BUSY Valkey is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.", NotNowCause.Busy, Valkey),
        new("BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.", NotNowCause.Busy, Since70),
        new("BUSY Valkey is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.", NotNowCause.Busy, Valkey),
        new("BUSY Redis is busy running a module command.", NotNowCause.Busy, Since70),
        new("BUSY Valkey is busy running a module command.", NotNowCause.Busy, Valkey),
        new("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", NotNowCause.MasterDown, Everywhere),
        // Of a script that declares flags; it has not begun.
        new("MASTERDOWN Link with MASTER is down, replica-serve-stale-data is set to 'no' and 'allow-stale' flag is not set on the script.", NotNowCause.MasterDown, Since70),
        new("READONLY You can't write against a read only replica.", NotNowCause.ReadOnly, Everywhere),
        // Of a script that declares flags; it has not begun.
        new("READONLY Can not run script with write flag on readonly replica", NotNowCause.ReadOnly, Since70),
        new("NOAUTH Authentication required.", NotNowCause.NoAuth, Everywhere),
    ];

    /// <summary>What an error is, and why.</summary>
    /// <param name="error">What is behind its marker: the first <see cref="IProtocol.ReplyHeadBytesMax"/> bytes of it, or all.</param>
    /// <param name="cause">Where it is a refusal.</param>
    public static ReplyKind Classify(ReadOnlySpan<byte> error, out NotNowCause cause)
    {
        cause = NotNowCause.None;
        int end = error.IndexOf("\r\n"u8);
        if (end < 0) return ReplyKind.Error;

        // redis 6.2 makes spaces of the line end that its own texts have when it puts them into another one.
        var text = error[..end].TrimEnd((byte)' ');
        if (text.StartsWith(Aborted)) text = text[Aborted.Length..];
        if ((cause = Exactly(text)) != NotNowCause.None) return ReplyKind.NotNow;
        return (cause = Within(text)) != NotNowCause.None ? ReplyKind.NotNowWithin : ReplyKind.Error;
    }

    private static NotNowCause Exactly(ReadOnlySpan<byte> text)
    {
        // Errors are not seldom everywhere, and none of these begins with ERR or WRONGTYPE.
        if (text.IsEmpty || text[0] is not ((byte)'L' or (byte)'B' or (byte)'M' or (byte)'R' or (byte)'N')) return NotNowCause.None;
        foreach (var refusal in All)
        {
            if (text.SequenceEqual(refusal.Bytes)) return refusal.Cause;
        }

        return NotNowCause.None;
    }

    private static NotNowCause Within(ReadOnlySpan<byte> text)
    {
        int at = text.IndexOf(InScript);
        if (at > 0 && text[^1] == '.') return Exactly(text[..at]);
        bool isOld = text.StartsWith("ERR Error running script ("u8) || text.StartsWith("@"u8);
        at = isOld ? text.LastIndexOf(InOldScript) : -1;
        return at < 0 ? NotNowCause.None : Exactly(text[(at + InOldScript.Length)..]);
    }
}
