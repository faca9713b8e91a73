namespace Dynode.Broadcast.Plane;

/// <summary>The words of <see cref="EndReason"/>, in the access log and in metrics.</summary>
public static class EndReasonWords
{
    /// <summary>In small letters, words parted by an underscore.</summary>
    public static string Word(this EndReason reason) => reason == EndReason.WriteTimeout ? "write_timeout" : reason.ToString().ToLowerInvariant();
}
