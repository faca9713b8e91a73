using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace Dynode.Protocols.Memcached;

/// <summary>
/// Judges lines of the classic protocol. Only what every memcached 1.6 reads alike is forwarded: 1.6.18 answers a storage line
/// whose key is too long, or whose flags are no number, without reading its block, and takes the value for commands. And of what
/// is forwarded, no line can end with noreply, so that each has one reply.
/// </summary>
internal static class ClassicRules
{
    /// <summary>memcached's own limit.</summary>
    public const int KeyBytesMax = 250;

    private const int SignedDigitsMax = 11;
    private const int UnsignedDigitsMax = 20;

    private static ReadOnlySpan<byte> NoReply => "noreply"u8;

    /// <summary>Decides about a line that is neither one of keys alone nor of the meta protocol.</summary>
    /// <param name="verb">Its command.</param>
    /// <param name="tokens">The line, the command first.</param>
    /// <param name="odd">What <see cref="TokenScan.Odd"/> says.</param>
    /// <param name="scratch">For an answer.</param>
    /// <param name="settings">Those in force.</param>
    public static RequestVerdict Judge(
        MemcachedVerb verb, in LineTokens tokens, bool odd, RequestScratch scratch, ProtocolSettings settings)
    {
        int arguments = tokens.Count - 1;
        int argumentsMax = verb.Form == VerbForm.Storage ? verb.ArgumentsMin : verb.ArgumentsMax;

        // As memcached does: who says noreply waits for nothing, also where it stands in the place of what is missing. Only of a line that
        // is too long or too short to be one of this command nothing is heeded.
        bool silent = arguments >= verb.NoReplyFrom && arguments <= argumentsMax + 1 && tokens.Last.SequenceEqual(NoReply);
        if (silent)
            arguments--;
        if (arguments < verb.ArgumentsMin)
            return LocalAnswer.Say(scratch, LocalAnswer.Unknown, silent);
        if (arguments > argumentsMax || tokens[arguments].SequenceEqual(NoReply))
            return LocalAnswer.Say(scratch, LocalAnswer.BadFormat, silent);
        if (odd || !IsSound(verb, tokens, arguments))
            return LocalAnswer.Say(scratch, LocalAnswer.BadFormat, silent);
        if (verb.ComparesCas && !settings.AllowsCas)
            return LocalAnswer.Refuse(scratch, LocalAnswer.CasRefused, silent);
        if (!verb.FirstArguments.IsEmpty && !IsOneOf(verb.FirstArguments, tokens[1]))
            return LocalAnswer.Refuse(scratch, verb.Answer, silent);

        var verdict = new RequestVerdict { Class = verb.Class };
        return silent ? tokens.Without(arguments + 1, verdict with { Hide = RequestVerdict.HidesAll }) : verdict;
    }

    /// <summary>Forwards a request for statistics whose reply is STAT lines and an END, or one line; refuses all others.</summary>
    public static RequestVerdict JudgeStats(MemcachedVerb verb, in LineTokens tokens, bool odd, RequestScratch scratch)
    {
        if (odd)
            return LocalAnswer.Say(scratch, LocalAnswer.BadFormat);
        bool framed = tokens.Count == 1 || (tokens.Count == 2 && IsOneOf(verb.FirstArguments, tokens[1]));
        return framed ? new RequestVerdict { Class = verb.Class } : LocalAnswer.Refuse(scratch, verb.Answer);
    }

    private static bool IsSound(MemcachedVerb verb, in LineTokens tokens, int arguments) =>
        verb.Form switch
        {
            VerbForm.Storage => tokens[1].Length <= KeyBytesMax && IsUInt32(tokens[2]) && IsInt32(tokens[3])
                && (arguments < 5 || IsUInt64(tokens[5])),

            // delete takes a time of old, which must be 0.
            VerbForm.Keyed => tokens[1].Length <= KeyBytesMax
                && (verb.ArgumentsMin == 2 || arguments == 1 || tokens[2].SequenceEqual("0"u8)),
            _ => true,
        };

    private static bool IsOneOf(ImmutableArray<string> all, ReadOnlySpan<byte> argument)
    {
        foreach (string known in all)
        {
            if (Ascii.Equals(argument, known))
                return true;
        }

        return false;
    }

    // Numbers beyond 32 bits are cut by some versions and refused by others.
    private static bool IsUInt32(ReadOnlySpan<byte> token) =>
        token.Length <= SignedDigitsMax && uint.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static bool IsInt32(ReadOnlySpan<byte> token) =>
        token.Length <= SignedDigitsMax && token[0] != '+'
        && int.TryParse(token, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);

    private static bool IsUInt64(ReadOnlySpan<byte> token) =>
        token.Length <= UnsignedDigitsMax && ulong.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
