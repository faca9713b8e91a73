namespace Dynode.Native.Hosting;

/// <summary>Something that was asked for cannot be had: the start ends with a sentence.</summary>
internal sealed class StartException(string message, int status) : Exception(message)
{
    /// <summary>The <see cref="ExitStatus"/>.</summary>
    public int Status => status;
}
