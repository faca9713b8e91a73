namespace Dynode.Native.Admin;

/// <summary>How long whoever asks the admin side is waited for. Immutable.</summary>
/// <param name="request">For a head, for a body, and for an answer to be taken, each; more than the second by which Kestrel counts.</param>
/// <param name="idle">Between two requests.</param>
internal sealed class AdminPatience(TimeSpan request, TimeSpan idle)
{
    public static readonly AdminPatience Usual = new(TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30));

    public TimeSpan Request => request;

    public TimeSpan Idle => idle;
}
