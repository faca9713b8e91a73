using Microsoft.Extensions.Logging;

namespace Dynode.Native.Certificates;

/// <summary>What is said of certificates: 1801 to 1899.</summary>
internal static partial class CertificateLog
{
    [LoggerMessage(1801, LogLevel.Information, "certificate read: {Certificates}; new handshakes are shown it")]
    public static partial void Taken(ILogger logger, string certificates);

    [LoggerMessage(1802, LogLevel.Error, "certificate not taken: {Why}; clients are still shown that of {Shown}")]
    public static partial void NotTaken(ILogger logger, string why, string shown);

    [LoggerMessage(1803, LogLevel.Information, "read for {Whom}: {Certificate} is shown to those that ask for one, authorities that are trusted: {Authorities}; new handshakes go by that")]
    public static partial void TakenForServers(ILogger logger, string whom, string certificate, string authorities);

    [LoggerMessage(1804, LogLevel.Error, "not taken for {Whom}: {Why}; it stays as it was, and those that ask for one are shown {Shown}")]
    public static partial void NotTakenForServers(ILogger logger, string whom, string why, string shown);

    [LoggerMessage(1805, LogLevel.Error, "certificate out of date, and nothing else is in its files: clients are still shown {Certificates}, and those that look refuse it")]
    public static partial void Ended(ILogger logger, string certificates);

    [LoggerMessage(1806, LogLevel.Error, "certificate out of date, and nothing else is in its file: {Whom} is still shown {Certificate}, and will refuse it")]
    public static partial void EndedForServers(ILogger logger, string whom, string certificate);
}
