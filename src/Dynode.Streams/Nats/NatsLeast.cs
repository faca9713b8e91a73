namespace Dynode.Streams.Nats;

/// <summary>Whether a nats-server is new enough, by what it says of its version.</summary>
public static class NatsLeast
{
    /// <summary>Why it is not; null: it is, or says nothing that could be compared.</summary>
    /// <param name="said">As <c>nats-server --version</c> prints it, whatever stands in front.</param>
    public static string? Refuses(string said)
    {
        string last = said.Split((char[])[' ', '\n', ':'], StringSplitOptions.RemoveEmptyEntries).LastOrDefault() ?? "";
        return NatsVersion.TryParse(last, out NatsVersion version) && version.IsBefore(NatsVersion.Least)
            ? $"version {version} is too old: {NatsVersion.Least} or later is needed"
            : null;
    }
}
