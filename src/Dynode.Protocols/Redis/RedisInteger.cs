namespace Dynode.Protocols.Redis;

/// <summary>Whole arguments that are numbers, as strict as redis is with them.</summary>
internal static class RedisInteger
{
    /// <summary>False for what redis calls "not an integer or out of range".</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out long value)
    {
        var number = new RespNumber();
        foreach (byte next in text) number.Take(next);
        return number.TryGet(out value);
    }
}
