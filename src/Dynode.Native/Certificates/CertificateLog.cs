using Microsoft.Extensions.Logging;

namespace Dynode.Native.Certificates;

/// <summary>What is said of certificates: 1801 to 1899.</summary>
internal static partial class CertificateLog
{
    [LoggerMessage(1801, LogLevel.Information, "certificate read: {Certificates}; new handshakes are shown it")]
    public static partial void Taken(ILogger logger, string certificates);

    [LoggerMessage(1802, LogLevel.Error, "certificate not taken: {Why}; clients are still shown that of {Shown}")]
    public static partial void NotTaken(ILogger logger, string why, string shown);
}
