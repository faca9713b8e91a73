using System.Buffers;

namespace Dynode.Protocols.Redis;

/// <summary>
/// Why a server aborts a transaction. A redis-server tells a client when it queues, and EXEC says no more than that there was an error; here
/// a client is told +QUEUED before any server has seen its request, so EXEC says it, in the words that redis has for an EXEC which is
/// itself refused (<c>execCommandAbort</c> of https://github.com/redis/redis/blob/7.0/src/multi.c).
/// </summary>
internal static class RedisAbort
{
    private static ReadOnlySpan<byte> Aborted => "-EXECABORT Transaction discarded because of previous errors.\r\n"u8;

    private static ReadOnlySpan<byte> NoCode => "ERR "u8;

    /// <summary>The error that says it.</summary>
    /// <param name="last">EXEC's.</param>
    /// <param name="refusal">The first error since MULTI, which is the first reply.</param>
    /// <param name="at">Which reply that was.</param>
    /// <returns>Null: EXEC's says it, or nothing was refused by it.</returns>
    public static byte[]? Explain(ReadOnlySpan<byte> last, ReadOnlySpan<byte> refusal, int at)
    {
        if (!refusal.StartsWith("-"u8)) return null;
        var said = refusal[1..].TrimEnd("\r\n"u8);

        // Without MULTI nothing was queued: each was carried out when it came.
        if (at == 0) return Error("ERR the server refused MULTI, and did one by one what was to be one transaction: "u8, said);
        if (!last.SequenceEqual(Aborted)) return null;
        return Error("EXECABORT Transaction discarded because of: "u8, said.StartsWith(NoCode) ? said[NoCode.Length..] : said);
    }

    private static byte[] Error(ReadOnlySpan<byte> what, ReadOnlySpan<byte> said)
    {
        var error = new ArrayBufferWriter<byte>();
        RespWriter.WriteError(error, (byte[])[.. what, .. said]);
        return error.WrittenSpan.ToArray();
    }
}
