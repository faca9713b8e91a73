namespace Dynode.Native.Hosting;

/// <summary>What the process ends with, as sysexits.h names it, so that supervisors can tell a wrong file from a taken port.</summary>
internal static class ExitStatus
{
    public const int Good = 0;

    /// <summary>Of <c>dynode health</c>: the broadcaster does not answer, or there is none.</summary>
    public const int Unhealthy = 1;

    /// <summary>EX_USAGE: the command line.</summary>
    public const int Usage = 64;

    /// <summary>EX_UNAVAILABLE: the listener's address cannot be had, or another broadcaster has its state's directory.</summary>
    public const int Unavailable = 69;

    /// <summary>EX_SOFTWARE: a fault of ours.</summary>
    public const int Bug = 70;

    /// <summary>EX_OSERR: too few threads, or too little address space.</summary>
    public const int NoResources = 71;

    /// <summary>EX_IOERR: what was asked for could not be printed.</summary>
    public const int OutputLost = 74;

    /// <summary>EX_CONFIG: the configuration; nothing was bound.</summary>
    public const int Configuration = 78;

    /// <summary>Ended at once by a second signal, as a shell reports it: 130 for SIGINT, 143 for SIGTERM.</summary>
    public static int Signal(int number) => 128 + number;

    /// <summary>For <c>--help</c>.</summary>
    public const string Help = """
        Exit status:
          0    ended well (SIGTERM or SIGINT, after a drain), --check found no fault, health found it well, or a verb was answered
          1    health: the broadcaster does not answer, or there is none; health --ready: it does not accept clients;
               verbs: its answer is no; wait: it is not so
          64   the command line is wrong
          69   the address to listen on cannot be had (another process has the port, or no permission), or state_directory is
               another broadcaster's, which runs;
               verbs: no broadcaster runs there, or it does not answer
          70   a fault of dynode itself
          71   the system gives too few threads, or too little address space
          74   what was asked for could not be printed: standard output takes nothing (health does not mind)
          77   verbs: the broadcaster does not allow it, or who answers there is not it
          78   the configuration is wrong or cannot be read; nothing was bound; reload: it was not taken
          130, 143   a second SIGINT, SIGTERM ended it at once

        Signals:
          SIGTERM, SIGINT   no more clients; what was taken is delivered for at most drain_timeout; then the end
          SIGHUP            the configuration is read again
          SIGUSR1           framed protocols: the servers were made equal by hand; no server of this broadcaster has a gap any more
        """;
}
