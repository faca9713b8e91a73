namespace Dynode.Native.Membership;

/// <summary>Whoever can be asked for the server list: the URL, or a script in a test.</summary>
internal interface IListSource : IDisposable
{
    /// <summary>Asks once and blocks until there is a verdict; never throws for what a network or an answer can do.</summary>
    /// <param name="request">What to send.</param>
    /// <param name="timeout">For all of it, redirects and body included; zero: no limit.</param>
    /// <param name="interrupted">Ends the wait at once; the verdict is then of no use.</param>
    ListVerdict Fetch(ListRequest request, TimeSpan timeout, CancellationToken interrupted);
}
