namespace Dynode.Protocols.Memcached;

/// <summary>
/// Judges lines of the meta protocol. Only what every memcached since 1.6.18 reads alike is forwarded: 1.6.45 answers a flag that
/// is no letter, and 1.6.18 a key that is too long, without reading the block, and takes the value for commands. The flag q is
/// cut out, so that each line has one reply.
/// </summary>
internal static class MetaRules
{
    /// <summary>Tokens of a line; memcached itself counts one more.</summary>
    public const int TokensMax = 19;

    /// <summary>An opaque token, its O included.</summary>
    public const int OpaqueBytesMax = 32;

    /// <summary>
    /// A binary key that a miss brought into being is not marked as binary: memcached sends it back as it is, and what it holds
    /// is then read as the next reply.
    /// </summary>
    private const string BinaryVivifyRefused =
        "N with b is refused, servers would send such a key back as it is, line ends and all; use a key that needs no b";

    private static ReadOnlySpan<byte> Known => "bcCDEfFhIJklLMNOPqRstTuvx"u8;

    /// <summary>Decides about a line of mg, ms, md or ma.</summary>
    /// <param name="verb">Its command.</param>
    /// <param name="tokens">The line, the command first.</param>
    /// <param name="odd">What <see cref="TokenScan.Odd"/> says.</param>
    /// <param name="scratch">For an answer.</param>
    /// <param name="settings">Those in force.</param>
    public static RequestVerdict Judge(
        MemcachedVerb verb, in LineTokens tokens, bool odd, RequestScratch scratch, ProtocolSettings settings)
    {
        if (odd || tokens.Count <= verb.ArgumentsMin || tokens[1].Length > ClassicRules.KeyBytesMax)
            return LocalAnswer.Say(scratch, LocalAnswer.BadFormat);
        if (tokens.Count > TokensMax)
            return LocalAnswer.Say(scratch, "CLIENT_ERROR options flags are too long\r\n"u8);

        var verdict = new RequestVerdict { Class = verb.Class, Reads = verb.Reads && settings.MarksReads };
        ulong seen = 0;
        for (int i = verb.ArgumentsMin + 1; i < tokens.Count; i++)
        {
            byte flag = tokens[i][0];
            if (!Known.Contains(flag))
                return LocalAnswer.Say(scratch, "CLIENT_ERROR invalid flag\r\n"u8);
            if ((seen & Bit(flag)) != 0)
                return LocalAnswer.Say(scratch, "CLIENT_ERROR duplicate flag\r\n"u8);
            seen |= Bit(flag);
            if (flag == 'O' && tokens[i].Length > OpaqueBytesMax)
                return LocalAnswer.Say(scratch, "CLIENT_ERROR opaque token too long\r\n"u8);
            if (flag == 'q')
                verdict = tokens.Without(i, verdict with { Hide = verb.Hide });
            if (verb.OwnFlags.Contains((char)flag, StringComparison.Ordinal))
                verdict = verdict with { Class = ReplyClass.Own };
            if (verb.WritingFlags.Contains((char)flag, StringComparison.Ordinal))
                verdict = verdict with { Reads = false };
        }

        if ((seen & Bit((byte)'C')) != 0 && !settings.AllowsCas)
            return LocalAnswer.Refuse(scratch, LocalAnswer.CasRefused);
        if ((seen & Bit((byte)'b')) != 0 && (seen & Bit((byte)'N')) != 0)
            return LocalAnswer.Refuse(scratch, BinaryVivifyRefused);
        return verdict;
    }

    /// <summary>Decides about a line of me.</summary>
    public static RequestVerdict JudgeDebug(MemcachedVerb verb, in LineTokens tokens, bool odd, RequestScratch scratch, ProtocolSettings settings)
    {
        bool sound = !odd && tokens.Count > verb.ArgumentsMin && tokens.Count <= verb.ArgumentsMax + 1
            && tokens[1].Length <= ClassicRules.KeyBytesMax && (tokens.Count == 2 || tokens[2].SequenceEqual("b"u8));
        return sound ? new RequestVerdict { Class = verb.Class, Reads = verb.Reads && settings.MarksReads } : LocalAnswer.Say(scratch, LocalAnswer.BadFormat);
    }

    // All flags lie between A and z.
    private static ulong Bit(byte flag) => 1UL << (flag - 'A');
}
