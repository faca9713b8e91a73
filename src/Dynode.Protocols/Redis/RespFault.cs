namespace Dynode.Protocols.Redis;

/// <summary>
/// Why a request cannot be read. From <see cref="ExpectedBulk"/> on, the byte that was found in place of '$' is added to it, so
/// that the text can name it.
/// </summary>
internal enum RespFault
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>A line of words beyond the limit.</summary>
    TooBigInline,

    /// <summary>A line of words with a zero byte, which redis waits on for ever.</summary>
    ZeroInline,

    /// <summary>What <see cref="RespInline.TrySplit"/> cannot split.</summary>
    UnbalancedQuotes,

    /// <summary>The number behind '*' is none.</summary>
    InvalidMultibulkLength,

    /// <summary>The number behind '*' is beyond <see cref="RespRequestFramer.ArgumentsMax"/>.</summary>
    TooManyArguments,

    /// <summary>So many arguments alone make the request longer than one may be.</summary>
    TooLongByCount,

    /// <summary>The number behind '$' is none, or below 0.</summary>
    InvalidBulkLength,

    /// <summary>With so long an argument the request is longer than one may be.</summary>
    TooLongByBulk,

    /// <summary>A line that begins with '*' and has no end.</summary>
    TooBigMultibulkCount,

    /// <summary>A line that begins with '$' and has no end.</summary>
    TooBigBulkCount,

    /// <summary>An argument that does not begin with '$'.</summary>
    ExpectedBulk = 0x100,
}
