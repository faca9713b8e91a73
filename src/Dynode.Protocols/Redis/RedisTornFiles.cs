using System.Collections.Immutable;

namespace Dynode.Protocols.Redis;

/// <summary>
/// Which servers cut an append-only file whole that ends in the midst of a transaction. The others cut half a request off, and leave the open MULTI in front of it in the file: at the second
/// start it is carried out together with what was written behind it. valkey's fix is <see href="https://github.com/valkey-io/valkey/pull/4342"/>, and here are the releases whose notes name it;
/// of redis none does. Whatever is not named is taken for one without: it is asked for a file that it did not have to.
/// </summary>
internal static class RedisTornFiles
{
    /// <summary>Of each line of releases of valkey the first with the fix: major, minor, patch.</summary>
    public static readonly ImmutableArray<(int Major, int Minor, int Patch)> FixedSince = [(8, 0, 11), (8, 1, 10), (9, 0, 6)];

    /// <summary>Whether a server is known to have it.</summary>
    /// <param name="valkey">The version of valkey that it says it is: three numbers, with dots between. Empty: it says of none, and is redis.</param>
    public static bool AreCut(ReadOnlySpan<char> valkey)
    {
        Span<int> numbers = stackalloc int[3];
        int count = 0;
        foreach (var range in valkey.Split('.'))
        {
            var part = valkey[range];
            if (count == 3 || part.Length is 0 or > 4 || part.ContainsAnyExceptInRange('0', '9')) return false;
            numbers[count++] = int.Parse(part, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture);
        }

        if (count < 3) return false;
        foreach (var (major, minor, patch) in FixedSince)
        {
            if (numbers[0] == major && numbers[1] == minor) return numbers[2] >= patch;
        }

        return false;
    }
}
