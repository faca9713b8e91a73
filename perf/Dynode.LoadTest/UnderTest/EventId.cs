namespace Dynode.LoadTest.UnderTest;

/// <summary>Numbers of the lines that are looked for; they stay the broadcaster's own.</summary>
internal static class EventId
{
    public const int Accepting = 1003;

    public const int Dropped = 1103;

    public const int EjectedFromSession = 1105;

    public const int ServerAdded = 1106;

    public const int ServerRemoved = 1107;

    public const int Ejected = 1504;

    public const int GapBegan = 1506;

    public const int Stopped = 2001;

    public const int ServerCounts = 2007;
}
