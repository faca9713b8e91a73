namespace Dynode.Streams.Nats;

/// <summary>A right that is missing, as the server says it: <c>Permissions Violation for Publish to "subject"</c>.</summary>
internal readonly record struct NatsRefusal(string Subject, bool IsSubscription)
{
    private const string Publish = "Permissions Violation for Publish to ";
    private const string Subscription = "Permissions Violation for Subscription to ";

    public static bool TryRead(string error, out NatsRefusal refusal)
    {
        bool isSubscription = error.StartsWith(Subscription, StringComparison.OrdinalIgnoreCase);
        refusal = default;
        if (!isSubscription && !error.StartsWith(Publish, StringComparison.OrdinalIgnoreCase))
            return false;

        // "subject", perhaps with a queue behind it.
        string rest = error[(isSubscription ? Subscription : Publish).Length..].TrimStart('"');
        int end = rest.IndexOf('"', StringComparison.Ordinal);
        refusal = new NatsRefusal(end < 0 ? rest : rest[..end], isSubscription);
        return true;
    }

    public override string ToString() => $"a right is missing: let this user {(IsSubscription ? "subscribe to" : "publish to")} \"{Subject}\"";
}
