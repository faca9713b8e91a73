using System.Net;
using Dynode.Broadcast.Backends;
using Microsoft.Extensions.Logging;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>What is said of answers: 1508, 1515, and 1603 of the access log.</summary>
internal static partial class AnswersLog
{
    [LoggerMessage(1508, LogLevel.Warning, "server {Server} diverges: its reply to request {Number} differs from the others' ({Count} in all): {Command} {Key}")]
    public static partial void Diverged(this ILogger logger, BackendAddress server, long number, string command, string key, long count);

    [LoggerMessage(1515, LogLevel.Warning, "request {Number} of {Client} took {Seconds} s, waiting for {WaitedFor}: {Command} {Key} ({Count} so far)")]
    public static partial void SlowRequest(this ILogger logger, long number, EndPoint? client, double seconds, string waitedFor, string command, string key, long count);

    /// <summary>No level is looked at: whoever asked for it gets it.</summary>
    [LoggerMessage(1603, LogLevel.Information, "request {Number} of {Client}: {Command} {Key}, {Bytes} bytes, {Seconds} s, answered by {Whose}", SkipEnabledCheck = true)]
    public static partial void RequestAccessed(
        this ILogger logger, long number, EndPoint? client, string command, string key, long bytes, double seconds, string whose);
}
