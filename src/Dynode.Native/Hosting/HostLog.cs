using Dynode.Broadcast.Backends;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Hosting;

/// <summary>What the host tells the operator; ids 2000 to 2899.</summary>
internal static partial class HostLog
{
    [LoggerMessage(
        2000,
        LogLevel.Information,
        "dynode {Version} is bound to {Listen}; servers: {Servers}; memory: at most {MemoryBytes} bytes ({Budget})")]
    public static partial void Started(ILogger logger, string version, string listen, string servers, long memoryBytes, string budget);

    [LoggerMessage(
        2001,
        LogLevel.Information,
        "stopped after {Seconds} s: {Accepted} clients accepted, {Refused} refused, {Received} bytes received, {Relayed} bytes of replies relayed")]
    public static partial void Stopped(ILogger logger, double seconds, long accepted, long refused, long received, long relayed);

    [LoggerMessage(2002, LogLevel.Information, "{Signal}: ending; a second signal ends at once")]
    public static partial void Ending(ILogger logger, string signal);

    [LoggerMessage(2003, LogLevel.Warning, "{Signal} again: ended at once")]
    public static partial void EndedAtOnce(ILogger logger, string signal);

    [LoggerMessage(2004, LogLevel.Error, "{Reason}")]
    public static partial void CannotListen(ILogger logger, string reason);

    [LoggerMessage(2005, LogLevel.Warning, "{Keys}: set, but without effect with protocol={Protocol}")]
    public static partial void WithoutEffect(ILogger logger, string keys, string protocol);

    [LoggerMessage(
        2007,
        LogLevel.Information,
        "server {Server}: {Connects} connections, {Sent} bytes sent, {Replied} bytes of replies, "
        + "dropped {Dropped} bursts ({DroppedBytes} bytes), {Repeated} bytes repeated, {Unacknowledged} bytes not acknowledged by TCP")]
    public static partial void ServerCounts(
        ILogger logger,
        BackendAddress server,
        long connects,
        long sent,
        long replied,
        long dropped,
        long droppedBytes,
        long repeated,
        long unacknowledged);

    [LoggerMessage(
        2008,
        LogLevel.Information,
        "protocol={Protocol}, reply={Reply}; one log for all clients: backlog_bytes={BacklogBytes}, max_request_bytes={RequestBytes}, "
        + "max_in_flight={InFlight}; max_reply_bytes={ReplyBytes} for each client")]
    public static partial void Framed(
        ILogger logger, string protocol, string reply, string backlogBytes, string requestBytes, int inFlight, string replyBytes);

    [LoggerMessage(2010, LogLevel.Information, "configuration read again; changed: {Keys}")]
    public static partial void Reloaded(ILogger logger, string keys);

    [LoggerMessage(2011, LogLevel.Information, "configuration read again; nothing changed")]
    public static partial void ReloadedUnchanged(ILogger logger);

    [LoggerMessage(2012, LogLevel.Warning, "{Key} changed in the configuration and needs a restart; what runs keeps {Key}={Value}")]
    public static partial void NeedsRestart(ILogger logger, string key, string value);

    [LoggerMessage(2013, LogLevel.Error, "configuration not taken, nothing changed: {Fault}")]
    public static partial void ReloadRefused(ILogger logger, string fault);

    [LoggerMessage(2014, LogLevel.Information, "SIGUSR1 has no meaning with protocol=raw: it knows no gaps")]
    public static partial void NoGapsInRaw(ILogger logger);

    [LoggerMessage(2017, LogLevel.Warning, "SIGUSR1: {Why}")]
    public static partial void GapStands(ILogger logger, string why);

    [LoggerMessage(2015, LogLevel.Information, "line_replies=0: servers are expected to answer no line, and a line counts as delivered once it is sent")]
    public static partial void LinesUnanswered(ILogger logger);

    [LoggerMessage(2016, LogLevel.Warning, "dynode health will not know of this broadcaster: {Reason}")]
    public static partial void NoHealthSocket(ILogger logger, string reason);

    [LoggerMessage(
        2017,
        LogLevel.Error,
        "the system lets this process have {Threads} threads, and it needs {Least}: see ulimit -u, ulimit -v, and the limit of processes of its container or unit")]
    public static partial void TooFewThreads(ILogger logger, int least, int threads);

    [LoggerMessage(
        2018,
        LogLevel.Warning,
        "the system lets this process have {Threads} threads, and with {Wanted} it would use more of this machine and leave room for dynode health; it goes on with {Least}")]
    public static partial void FewThreads(ILogger logger, int wanted, int threads, int least);

    [LoggerMessage(
        2019,
        LogLevel.Warning,
        "clients at once lowered from {Configured} to {Clients}: the address space of this process is limited (ulimit -v), and more would not fit beside memory_max")]
    public static partial void ClientsLowered(ILogger logger, int configured, int clients);

    [LoggerMessage(
        2020,
        LogLevel.Error,
        "the address space of this process is limited to {LimitBytes} bytes (ulimit -v), and it needs at least {LeastBytes}")]
    public static partial void TooLittleAddressSpace(ILogger logger, long limitBytes, long leastBytes);

    [LoggerMessage(2021, LogLevel.Warning, "a signal to end came, and the system gives no thread to take it on: it is taken for SIGTERM, and no further signal is heard")]
    public static partial void NoThreadForSignal(ILogger logger);

    [LoggerMessage(2022, LogLevel.Warning, "the system gives no more threads; the broadcaster makes do with those that it has")]
    public static partial void NoThreadForPool(ILogger logger);

    [LoggerMessage(
        2023,
        LogLevel.Information,
        "protocol=raw, reply={Reply}; a log for each client: backlog_bytes={BacklogBytes}; from {Clients} clients on that are behind, half of memory_max is the bound, for all together")]
    public static partial void Raw(ILogger logger, string reply, string backlogBytes, long clients);

    [LoggerMessage(
        2024,
        LogLevel.Warning,
        "backlog_size={Configured}, and the kernel lets no more than {SomaxConn} connections wait (net.core.somaxconn): when many clients come at once, some try again after a second")]
    public static partial void BacklogCut(ILogger logger, int configured, long somaxConn);

    [LoggerMessage(2025, LogLevel.Information, "not ready any more; clients are let in for {Seconds} s yet (drain_delay)")]
    public static partial void LettingIn(ILogger logger, double seconds);

    [LoggerMessage(2026, LogLevel.Warning, "{Key}: everybody on this machine may read {Path}, which holds a secret")]
    public static partial void OpenSecret(ILogger logger, string key, string path);

    [LoggerMessage(2090, LogLevel.Critical, "a fault of dynode itself: {Type} in {Place}: {Reason}")]
    public static partial void Bug(ILogger logger, string type, string place, string reason);

    [LoggerMessage(2091, LogLevel.Debug, "the fault's trace")]
    public static partial void BugTrace(ILogger logger, Exception exception);

    [LoggerMessage(
        2026,
        LogLevel.Information,
        "log={Log}: one order for all broadcasters that name it; a request waits {Timeout} s for its place, a server is claimed for {Lease} s; {Promise}")]
    public static partial void Ordered(ILogger logger, string log, double timeout, double lease, string promise);
}
