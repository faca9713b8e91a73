namespace Dynode.Streams.Nats;

/// <summary>How a stream of NATS is reached, and how it is made where it is missing. Its text holds no secret.</summary>
/// <param name="Url">Servers and stream.</param>
public sealed record NatsSettings(NatsUrl Url)
{
    /// <summary>The most copies that an engine keeps.</summary>
    public const int ReplicasMax = 5;

    /// <summary>Empty: none.</summary>
    public string User { get; init; } = "";

    /// <summary>Of <see cref="User"/>.</summary>
    public string Password { get; init; } = "";

    /// <summary>In place of a user; empty: none.</summary>
    public string Token { get; init; } = "";

    /// <summary>What a file of credentials holds: a JWT and the seed of an NKey; empty: none.</summary>
    public string Credentials { get; init; } = "";

    /// <summary>As the server's own lists of connections show it.</summary>
    public string ClientName { get; init; } = "dynode";

    /// <summary>Copies of a stream that we make.</summary>
    public int Replicas { get; init; } = 3;

    /// <summary>How long a stream that we make keeps an entry.</summary>
    public TimeSpan Keep { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How much a stream that we make keeps, in bytes.</summary>
    public long BytesMax { get; init; } = 4L << 30;

    /// <summary>The longest request that was asked for by name, in bytes; 0: none was, and what the engine takes is enough.</summary>
    public long RequestBytesWanted { get; init; }

    /// <summary>What cannot work; empty: nothing.</summary>
    public string Fault()
    {
        if ((User.Length > 0 ? 1 : 0) + (Token.Length > 0 ? 1 : 0) + (Credentials.Length > 0 ? 1 : 0) > 1)
            return "log_user, log_token and log_creds are three ways to log in: one of them is to be set";
        if (Password.Length > 0 && User.Length == 0)
            return "log_password without log_user";
        if (Credentials.Length > 0 && !(Holds("-----BEGIN NATS USER JWT-----") && Holds("-----BEGIN USER NKEY SEED-----")))
            return "log_creds holds no JWT with the seed of an NKey: it is the file that nsc or the nats tool wrote";
        if (Replicas is < 1 or > ReplicasMax)
            return $"log_replicas={Replicas}: from 1 to {ReplicasMax}";
        if (Keep < TimeSpan.FromMinutes(1))
            return "log_keep is less than a minute: who is away for longer would have missed something";
        return BytesMax < 64L << 20 ? "log_bytes is less than 64 MiB: who is away for a moment would have missed something" : "";
    }

    /// <summary>Servers and stream.</summary>
    public override string ToString() => Url.ToString();

    private bool Holds(string line) => Credentials.Contains(line, StringComparison.Ordinal);
}
