using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Dynode.Streams.Claims;

namespace Dynode.Streams.Regions;

/// <summary>What a key <see cref="KeyOf"/> holds: what one broadcaster's servers replied to the newest ranges that are known of it.</summary>
/// <param name="Broadcaster">Whose it is: a slot may be another's by now.</param>
/// <param name="Stream">Which stream: <see cref="StreamIdentity.ToString"/>.</param>
/// <param name="Ranges">At most <see cref="Max"/>.</param>
public sealed record RangeList(string Broadcaster, string Stream, ImmutableArray<RangeReplies> Ranges)
{
    /// <summary>So many are kept, and said: some 8 KiB.</summary>
    public const int Max = 128;

    private const int Version = 1;

    /// <summary>The key of a slot of <see cref="LivingTable"/>.</summary>
    public static string KeyOf(int slot) => $"replies.{slot}";

    /// <summary>As JSON; of each range a list: first, requests, protocols, and both hashes in hexadecimal digits.</summary>
    public byte[] Write()
    {
        var buffer = new ArrayBufferWriter<byte>(1_024);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteNumber("version"u8, Version);
        json.WriteString("broadcaster"u8, Broadcaster);
        json.WriteString("stream"u8, Stream);
        json.WriteStartArray("ranges"u8);
        foreach (var range in Ranges.Take(Max))
        {
            json.WriteStartArray();
            json.WriteNumberValue(range.First);
            json.WriteNumberValue(range.Requests);
            json.WriteNumberValue(range.Protocols);
            json.WriteStringValue(range.Entries.ToString("x16", CultureInfo.InvariantCulture));
            json.WriteStringValue(range.Replies.ToString("x16", CultureInfo.InvariantCulture));
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads what another wrote, perhaps of a later version: what is not known is passed over.</summary>
    /// <returns>Null: it is none.</returns>
    public static RangeList? Read(ReadOnlySpan<byte> value)
    {
        try
        {
            var json = new Utf8JsonReader(value);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return null;
            string? broadcaster = null, stream = null;
            long version = 0;
            var ranges = ImmutableArray.CreateBuilder<RangeReplies>();
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                string name = json.GetString() ?? "";
                json.Read();
                if (name == "broadcaster" && json.TokenType == JsonTokenType.String)
                    broadcaster = json.GetString();
                else if (name == "stream" && json.TokenType == JsonTokenType.String)
                    stream = json.GetString();
                else if (name == "version" && json.TokenType == JsonTokenType.Number && json.TryGetInt64(out long read))
                    version = read;
                else if (name == "ranges" && json.TokenType == JsonTokenType.StartArray)
                    ReadRanges(ref json, ranges);
                else
                    json.Skip();
            }

            // Those of a later version may be hashed otherwise.
            return version == Version && broadcaster is { Length: > 0 and <= 64 } && stream is not null ? new(broadcaster, stream, ranges.ToImmutable()) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static void ReadRanges(ref Utf8JsonReader json, ImmutableArray<RangeReplies>.Builder ranges)
    {
        while (json.Read() && json.TokenType == JsonTokenType.StartArray)
        {
            ulong first = 0, entries = 0, replies = 0;
            int requests = 0, count = 0;
            byte protocols = 0;
            bool isGood = true;
            for (; json.Read() && json.TokenType != JsonTokenType.EndArray; count++)
            {
                isGood &= count switch
                {
                    0 => json.TokenType == JsonTokenType.Number && json.TryGetUInt64(out first) && first % RangeReplies.Length == 0,
                    1 => json.TokenType == JsonTokenType.Number && json.TryGetInt32(out requests) && requests > 0,
                    2 => json.TokenType == JsonTokenType.Number && json.TryGetByte(out protocols),
                    3 => TryHash(ref json, out entries),
                    4 => TryHash(ref json, out replies),
                    _ => false,
                };
                json.Skip();
            }

            if (isGood && count == 5 && ranges.Count < Max)
                ranges.Add(new RangeReplies(first, entries, requests, protocols, replies));
        }
    }

    private static bool TryHash(ref Utf8JsonReader json, out ulong hash)
    {
        hash = 0;
        return json.TokenType == JsonTokenType.String && ulong.TryParse(json.GetString(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out hash);
    }
}
