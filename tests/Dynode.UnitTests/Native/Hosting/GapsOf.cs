using Dynode.Broadcast;
using Dynode.Broadcast.Backends;

namespace Dynode.UnitTests.Native.Hosting;

/// <summary>Without an ordered log it is done at once.</summary>
internal static class GapsOf
{
    /// <summary>The operator has made all servers equal, or this one.</summary>
    /// <returns>How many had a gap.</returns>
    public static int CloseGaps(this Broadcaster door, BackendAddress? server = null)
    {
        var closed = door.CloseGapsAsync(server is null ? GapOrder.All : new GapOrder([server]));
        Xunit.Assert.True(closed.IsCompletedSuccessfully);
        return closed.Result.Count(static gap => gap.Fate == GapFate.Closed);
    }
}
