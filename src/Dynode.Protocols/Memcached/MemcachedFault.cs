using System.Globalization;

namespace Dynode.Protocols.Memcached;

/// <summary>Why a client's next request cannot be found.</summary>
internal enum MemcachedFault : byte
{
    /// <summary>It can.</summary>
    None,

    /// <summary>The first byte of the binary protocol.</summary>
    Binary,

    /// <summary>A line without an end within what a line may have.</summary>
    LineTooLong,

    /// <summary>A length that is no number: where the block ends is not known.</summary>
    NoLength,

    /// <summary>A block that does not end where its length says.</summary>
    NoBlockEnd,

    /// <summary>A line and a block that are longer together than a request may be.</summary>
    TooLarge,
}

/// <summary>What clients and the log are told of a <see cref="MemcachedFault"/>: all of it is what a client sent, so none is a SERVER_ERROR.</summary>
internal static class MemcachedFaultText
{
    /// <summary>For the client, which knows some of them by memcached's own words: without CR LF, and without the kind of error.</summary>
    /// <param name="fault">Not <see cref="MemcachedFault.None"/>.</param>
    /// <param name="limit">Of a line in bytes.</param>
    /// <param name="requestBytesMax">The limit of a request.</param>
    public static string ForClient(MemcachedFault fault, long limit, long requestBytesMax) => fault switch
    {
        MemcachedFault.Binary => "the binary protocol is not supported; use the text protocol",
        MemcachedFault.LineTooLong => string.Create(
            CultureInfo.InvariantCulture, $"line too long: longer than {(limit == requestBytesMax ? "max_request_bytes=" : "")}{limit}{(limit == requestBytesMax ? "" : " bytes")}"),
        MemcachedFault.TooLarge => string.Create(
            CultureInfo.InvariantCulture, $"object too large for cache: the request is longer than max_request_bytes={requestBytesMax}"),
        _ => "bad data chunk",
    };

    /// <summary>For the log; nothing of what is none.</summary>
    public static string ForLog(MemcachedFault fault, long limit, long requestBytesMax) => fault switch
    {
        MemcachedFault.None => "",
        MemcachedFault.NoLength => "bad data chunk: its length is no number",
        MemcachedFault.NoBlockEnd => "bad data chunk: no CR LF stands where its length says that it ends",
        _ => ForClient(fault, limit, requestBytesMax),
    };
}
