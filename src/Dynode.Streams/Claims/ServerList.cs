using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Frozen;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;

namespace Dynode.Streams.Claims;

/// <summary>What a key <see cref="KeyOf"/> holds: which servers a broadcaster would deliver to, those first that it would rather, by hashes of their names.</summary>
/// <param name="Broadcaster">Whose it is: a slot may be another's by now.</param>
/// <param name="Servers">Of each its place in the list, from 0; by <see cref="HashOf"/>.</param>
public sealed record ServerList(string Broadcaster, FrozenDictionary<ulong, int> Servers)
{
    /// <summary>Those that it cannot reach, as far as it knows: whoever else lists them is to have them first. A list of one that says nothing of it has none.</summary>
    public FrozenSet<ulong> Away { get; init; } = [];

    /// <summary>Of more it says nothing: with the others they fit into a value.</summary>
    public const int AwayMax = 1_024;

    /// <summary>With their hashes in base64 they fit into a value.</summary>
    public const int Max = 4_096;

    private const int Version = 1;

    /// <summary>The key of a slot.</summary>
    public static string KeyOf(int slot) => $"list.{slot}";

    /// <summary>What a server is known by.</summary>
    /// <param name="name">As <see cref="ClaimedServer.KeyOf"/> takes it.</param>
    public static ulong HashOf(string name) => XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(name));

    /// <summary>Of names, the first one first; behind <see cref="Max"/> none is in it.</summary>
    /// <param name="broadcaster">Whose.</param>
    /// <param name="names">As <see cref="HashOf"/> takes them.</param>
    /// <param name="away">Those of them that it cannot reach; null: none.</param>
    public static ServerList Of(string broadcaster, IEnumerable<string> names, IEnumerable<string>? away = null)
    {
        var servers = Places(names.Select(HashOf));
        return new(broadcaster, servers) { Away = [.. (away ?? []).Select(HashOf).Where(servers.ContainsKey).Take(AwayMax)] };
    }

    /// <summary>As JSON.</summary>
    public byte[] Write()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteNumber("version"u8, Version);
        json.WriteString("broadcaster"u8, Broadcaster);
        json.WriteBase64String("servers"u8, Bytes(Servers.OrderBy(static server => server.Value).Select(static server => server.Key)));
        if (Away.Count > 0)
            json.WriteBase64String("away"u8, Bytes(Away));
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads what another wrote.</summary>
    /// <returns>Null: it is none.</returns>
    public static ServerList? Read(ReadOnlySpan<byte> value)
    {
        try
        {
            var json = new Utf8JsonReader(value);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return null;
            string? broadcaster = null;
            byte[]? hashes = null, away = [];
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                string name = json.GetString() ?? "";
                json.Read();
                if (name == "broadcaster" && json.TokenType == JsonTokenType.String)
                    broadcaster = json.GetString();
                else if (name == "servers" && json.TokenType == JsonTokenType.String && json.TryGetBytesFromBase64(out byte[]? read))
                    hashes = read;
                else if (name == "away" && json.TokenType == JsonTokenType.String && json.TryGetBytesFromBase64(out read))
                    away = read;
                else
                    json.Skip();
            }

            if (broadcaster is not { Length: > 0 and <= 64 } || hashes is null || hashes.Length % 8 != 0)
                return null;
            var servers = Places(Hashes(hashes));
            return new(broadcaster, servers) { Away = [.. Hashes(away).Where(servers.ContainsKey).Take(AwayMax)] };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static byte[] Bytes(IEnumerable<ulong> hashes) => [.. hashes.SelectMany(static hash =>
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, hash);
        return bytes;
    })];

    private static IEnumerable<ulong> Hashes(byte[] bytes) => Enumerable.Range(0, bytes.Length / 8).Select(i => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(8 * i)));

    private static FrozenDictionary<ulong, int> Places(IEnumerable<ulong> hashes) =>
        hashes.Distinct().Take(Max).Select(static (hash, place) => (hash, place)).ToFrozenDictionary(static server => server.hash, static server => server.place);
}
