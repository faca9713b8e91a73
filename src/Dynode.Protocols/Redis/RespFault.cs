namespace Dynode.Protocols.Redis;

/// <summary>
/// Why a request cannot be read. From <see cref="ExpectedBulk"/> on, the byte that was found in place of '$' is added to it, so
/// that the text can name it.
/// </summary>
internal enum RespFault
{
    /// <summary>There is none.</summary>
    None,

    /// <summary>A line beyond <see cref="RespRequestFramer.InlineBytesMax"/>, or one with a zero byte, which redis waits on for ever.</summary>
    TooBigInline,

    /// <summary>What <see cref="RespInline.TrySplit"/> cannot split.</summary>
    UnbalancedQuotes,

    /// <summary>The number behind '*' is none, or beyond a limit.</summary>
    InvalidMultibulkLength,

    /// <summary>The number behind '$' is none, or below 0, or beyond a limit.</summary>
    InvalidBulkLength,

    /// <summary>A line that begins with '*' and has no end.</summary>
    TooBigMultibulkCount,

    /// <summary>A line that begins with '$' and has no end.</summary>
    TooBigBulkCount,

    /// <summary>An argument that does not begin with '$'.</summary>
    ExpectedBulk = 0x100,
}
