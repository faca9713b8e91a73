using Dynode.Broadcast.Plane;

namespace Dynode.Native.Hosting;

/// <summary>
/// How the runtime waits for sockets. It reads these variables before its first socket, and knows no other way to be told; who
/// has set one knows better.
/// </summary>
internal static class EventThreads
{
    /// <summary>Completions run on the thread that sees them: about half the CPU.</summary>
    private const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    private const string Threads = "DOTNET_SYSTEM_NET_SOCKETS_THREAD_COUNT";

    /// <summary>For every use of a socket.</summary>
    public static void RunInline() => Default(InlineCompletions);

    /// <summary>
    /// The framed protocols run in one turn at a time: on the thread that sees what is ready, nobody else is woken and nothing
    /// moves from core to core. Raw sessions have turns of their own, and a thread for each core.
    /// </summary>
    public static void Fit(Protocol protocol)
    {
        if (protocol != Protocol.Raw)
            Default(Threads);
    }

    /// <summary>How many there will be, as the runtime reckons.</summary>
    public static int Count =>
        int.TryParse(Environment.GetEnvironmentVariable(Threads), out int count) && count > 0 ? count : Environment.ProcessorCount;

    /// <summary>Where more cannot be had.</summary>
    public static void RunOne() => Environment.SetEnvironmentVariable(Threads, "1");

    private static void Default(string variable)
    {
        if (Environment.GetEnvironmentVariable(variable) is null)
            Environment.SetEnvironmentVariable(variable, "1");
    }
}
