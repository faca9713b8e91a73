using System.Globalization;

namespace Dynode.Protocols.Redis;

/// <summary>Which limit a request has passed: what redis's own words leave open, said behind them.</summary>
internal static class RespLimit
{
    /// <summary>Begins with a colon; empty where the fault is no limit's, or its text says it.</summary>
    /// <param name="fault">What was found.</param>
    /// <param name="requestBytesMax">The longest request that the framer was told.</param>
    /// <param name="isStranger">That is so short because the client has not shown its password.</param>
    public static string Of(RespFault fault, long requestBytesMax, bool isStranger) => fault switch
    {
        RespFault.ZeroInline => ": a zero byte in a line of words",
        RespFault.TooBigInline => Said("a line of words", Math.Min(requestBytesMax, RespRequestFramer.InlineBytesMax), requestBytesMax, isStranger),
        RespFault.TooManyArguments => string.Create(CultureInfo.InvariantCulture, $": more than {RespRequestFramer.ArgumentsMax} arguments"),
        RespFault.TooLongByCount or RespFault.TooLongByBulk => Said("the request", requestBytesMax, requestBytesMax, isStranger),
        _ => "",
    };

    private static string Said(string what, long max, long requestBytesMax, bool isStranger) =>
        string.Create(CultureInfo.InvariantCulture, $": {what} is longer than {(max < requestBytesMax || isStranger ? "" : "max_request_bytes=")}{max}")
        + (max < requestBytesMax ? " bytes" : isStranger ? " bytes, the limit before AUTH" : "");
}
