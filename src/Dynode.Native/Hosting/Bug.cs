using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Hosting;

/// <summary>An exception that nobody expected: said in one line, with the place, since a user can do nothing with a trace.</summary>
internal static class Bug
{
    /// <summary>Type, place and reason.</summary>
    public static string Describe(Exception e) => $"{e.GetType().Name} in {Place(e)}: {Configuration.Shown.Plain(e.Message)}";

    /// <summary>Writes it to the log; the trace follows at DEBUG.</summary>
    public static void Log(ILogger logger, Exception e)
    {
        HostLog.Bug(logger, e.GetType().Name, Place(e), Configuration.Shown.Plain(e.Message));
        HostLog.BugTrace(logger, e);
    }

    private static string Place(Exception e) =>
        new StackTrace(e).GetFrame(0) is { } frame && DiagnosticMethodInfo.Create(frame) is { } method
            ? $"{method.DeclaringTypeName}.{method.Name}"
            : "an unknown place";
}
