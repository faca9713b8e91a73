using System.Text;
using System.Text.Json;

namespace Dynode.Streams.Nats;

/// <summary>What a server says of itself first, and again when it has changed. https://docs.nats.io/reference/reference-protocols/nats-protocol#info</summary>
internal sealed record NatsServerInfo
{
    /// <summary>Least <c>max_payload</c>: a parcel of 64 KiB, and room for what stands around it.</summary>
    public const int PayloadBytesLeast = 68 << 10;

    /// <summary>What the engine itself allows at most.</summary>
    public const int PayloadBytesMost = 64 << 20;

    // As the client library reads them: of another kind it would stumble over them.
    private static readonly HashSet<string> Texts = ["server_id", "server_name", "version", "git_commit", "go", "host", "client_ip", "nonce", "cluster"];
    private static readonly HashSet<string> Flags = ["headers", "auth_required", "tls_required", "tls_verify", "tls_available", "jetstream", "cluster_dynamic", "ldm"];
    private static readonly HashSet<string> Lists = ["connect_urls", "ws_connect_urls"];

    public string Name { get; private init; } = "";

    public string Version { get; private init; } = "";

    public int PayloadBytesMax { get; private init; }

    public bool HasHeaders { get; private init; }

    public bool HasStreams { get; private init; }

    public bool RequiresTls { get; private init; }

    public bool OffersTls { get; private init; }

    /// <summary>It is about to end, and wants its clients to go elsewhere.</summary>
    public bool IsLameDuck { get; private init; }

    /// <summary>Other servers of the same cluster.</summary>
    public IReadOnlyList<NatsHost> Others { get; private init; } = [];

    /// <summary>Reads what stands behind INFO.</summary>
    /// <exception cref="NatsTrouble">It is not what a server says.</exception>
    public static NatsServerInfo Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return Read(new Utf8JsonReader(json));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new NatsTrouble($"what the server says of itself cannot be read: INFO {NatsTrouble.Excerpt(Encoding.UTF8.GetString(json[..Math.Min(json.Length, 100)]))}");
        }
    }

    private static NatsServerInfo Read(Utf8JsonReader reader)
    {
        var info = new NatsServerInfo();
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            throw new FormatException();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            info = Texts.Contains(name) ? info.WithText(name, reader.GetString() ?? "")
                : Flags.Contains(name) ? info.WithFlag(name, reader.GetBoolean())
                : Lists.Contains(name) ? info.WithList(name, ReadList(ref reader))
                : info.WithNumber(name, ref reader);
        }

        if (reader.TokenType != JsonTokenType.EndObject)
            throw new FormatException();
        return info;
    }

    private static List<string> ReadList(ref Utf8JsonReader reader)
    {
        var list = new List<string>();
        if (reader.TokenType == JsonTokenType.Null)
            return list;
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new FormatException();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            list.Add(reader.GetString() ?? throw new FormatException());
        return list;
    }

    private NatsServerInfo WithText(string name, string value) => name switch
    {
        "server_name" => this with { Name = NatsTrouble.Excerpt(value) },
        "version" => this with { Version = NatsTrouble.Excerpt(value) },
        _ => this,
    };

    private NatsServerInfo WithFlag(string name, bool value) => name switch
    {
        "headers" => this with { HasHeaders = value },
        "jetstream" => this with { HasStreams = value },
        "tls_required" => this with { RequiresTls = value },
        "tls_available" => this with { OffersTls = value },
        "ldm" => this with { IsLameDuck = value },
        _ => this,
    };

    /// <summary>The same, without <see cref="Others"/>.</summary>
    public NatsServerInfo WithoutOthers() => this with { Others = [] };

    private NatsServerInfo WithList(string name, List<string> value)
    {
        if (name != "connect_urls")
            return this;
        var others = new List<NatsHost>();
        foreach (string text in value.Take(NatsUrl.HostsMax))
        {
            if (NatsHost.TryParse(text, out NatsHost host, out _))
                others.Add(host);
        }

        return this with { Others = others };
    }

    private NatsServerInfo WithNumber(string name, ref Utf8JsonReader reader)
    {
        switch (name)
        {
            case "max_payload":
                return this with { PayloadBytesMax = reader.GetInt32() };
            case "port":
                reader.GetInt32();
                return this;
            case "proto":
                reader.GetInt64();
                return this;
            case "client_id":
                reader.GetUInt64();
                return this;
            default:
                reader.Skip();
                return this;
        }
    }
}
