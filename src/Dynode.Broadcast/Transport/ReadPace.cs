namespace Dynode.Broadcast.Transport;

/// <summary>
/// How quickly reads of one connection follow each other. Who has sent some times without a pause of a second keeps a page to be read
/// into while it waits, a page more for a system call less; that something has come from anybody else is waited for without one.
/// </summary>
internal struct ReadPace
{
    /// <summary>Reads without a pause before they count as quick.</summary>
    private const byte QuickLeast = 8;

    private long _last;
    private byte _quick;

    public readonly bool IsQuick => _quick == QuickLeast;

    /// <summary>A read has brought something.</summary>
    public void Read(long now)
    {
        _quick = now - _last >= TimeSpan.TicksPerSecond ? (byte)0 : (byte)Math.Min(_quick + 1, QuickLeast);
        _last = now;
    }
}
