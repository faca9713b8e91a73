namespace Dynode.Protocols;

/// <summary>What servers say of themselves, and clients go by. Immutable.</summary>
/// <param name="Name">As a server calls itself.</param>
/// <param name="Version">Numbers with dots between them.</param>
/// <param name="ProtocolMax">redis: 3 where RESP3 is spoken too, else 2.</param>
public sealed record ServerTraits(string Name, string Version, int ProtocolMax)
{
    /// <summary>What both have: the older version, and the protocols that both speak.</summary>
    public static ServerTraits Least(ServerTraits one, ServerTraits other)
    {
        var older = IsOlder(other.Version, one.Version) ? other : one;
        return older with { ProtocolMax = Math.Min(one.ProtocolMax, other.ProtocolMax) };
    }

    /// <summary>By their numbers from the left, as far as there are any: 7.2 is older than 7.2.1, and 7.9 than 7.10.</summary>
    private static bool IsOlder(string version, string than)
    {
        var ours = version.AsSpan();
        var theirs = than.AsSpan();
        while (!ours.IsEmpty || !theirs.IsEmpty)
        {
            (long our, long their) = (TakeNumber(ref ours), TakeNumber(ref theirs));
            if (our != their) return our < their;
        }

        return false;
    }

    private static long TakeNumber(ref ReadOnlySpan<char> version)
    {
        int end = version.IndexOf('.');
        var part = end < 0 ? version : version[..end];
        version = end < 0 ? default : version[(end + 1)..];
        int digits = part.IndexOfAnyExceptInRange('0', '9');
        return long.TryParse(digits < 0 ? part : part[..digits], System.Globalization.CultureInfo.InvariantCulture, out long number) ? number : -1;
    }
}
