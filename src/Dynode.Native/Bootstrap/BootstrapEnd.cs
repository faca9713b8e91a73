namespace Dynode.Native.Bootstrap;

/// <summary>It goes no further: thrown where that is seen, and caught at the one place that says in what state all was left.</summary>
/// <param name="status">As verbs end.</param>
/// <param name="text">Why, as a sentence.</param>
internal sealed class BootstrapEnd(int status, string text) : Exception(text)
{
    public int Status => status;
}
