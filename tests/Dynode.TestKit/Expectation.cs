namespace Dynode.TestKit;

/// <summary>What a test waited for or relied on did not come; the message holds the dump that explains it.</summary>
public class ExpectationException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A connection ended in the midst of what was to come.</summary>
public sealed class CutShortException(string message) : ExpectationException(message);

/// <summary>The one place for how patient tests are. Deadlines are for failures only: no test that passes ever waits for one.</summary>
public static class Deadline
{
    /// <summary>Long enough for a machine on which several builds run at once.</summary>
    public static readonly TimeSpan Default = TimeSpan.FromSeconds(30);
}
