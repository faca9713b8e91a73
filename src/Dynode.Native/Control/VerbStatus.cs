namespace Dynode.Native.Control;

/// <summary>What a verb that asks a running broadcaster ends with, as sysexits.h names it.</summary>
internal static class VerbStatus
{
    public const int Good = 0;

    /// <summary>The broadcaster's answer is no, or what was waited for is not so.</summary>
    public const int No = 1;

    /// <summary>EX_USAGE: the command line.</summary>
    public const int Usage = 64;

    /// <summary>EX_UNAVAILABLE: none runs there, or what is there gives no answer.</summary>
    public const int Unavailable = 69;

    /// <summary>EX_NOPERM: the broadcaster does not let us, or we do not trust who answers.</summary>
    public const int NotAllowed = 77;

    /// <summary>EX_CONFIG: the configuration, ours or the one that it was to read again.</summary>
    public const int Configuration = 78;
}
