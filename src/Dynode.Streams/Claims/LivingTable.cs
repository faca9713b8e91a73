using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;

namespace Dynode.Streams.Claims;

/// <summary>One line of the table of those that live: a broadcaster says by it that it does.</summary>
/// <param name="Broadcaster">16 hexadecimal digits, of one life.</param>
/// <param name="Where">The same for people: machine and process.</param>
/// <param name="Beat">Another one each time that it says so.</param>
/// <param name="Slot">Its list of servers is under this number: 0 to <see cref="LivingTable.Max"/> - 1.</param>
/// <param name="List">Another one each time that its list is.</param>
/// <param name="ParcelsTo">The newest version of a parcel that it reads: <see cref="ParcelVersions"/>.</param>
public readonly record struct LivingLine(string Broadcaster, string Where, ulong Beat, int Slot, ulong List, byte ParcelsTo);

/// <summary>What the key <see cref="Key"/> holds: the broadcasters of one stream that live, or did a lease ago. Each writes its own line, and takes out those that it knows to be dead.</summary>
/// <param name="Lines">At most <see cref="Max"/>.</param>
/// <param name="HadData">Some server held data that are not of the stream: who has all of that has not all that the others have.</param>
public sealed record LivingTable(ImmutableArray<LivingLine> Lines, bool HadData = false)
{
    /// <summary>Where it is kept.</summary>
    public const string Key = "living";

    /// <summary>As many as a stream has lanes.</summary>
    public const int Max = 64;

    private const int Version = 1;

    /// <summary>Nobody lives.</summary>
    public static readonly LivingTable Empty = new([]);

    /// <summary>With one line as it is now: its own slot, or the lowest that is free.</summary>
    /// <returns>Null: all slots are taken.</returns>
    public LivingTable? With(LivingLine line)
    {
        int at = Lines.ToList().FindIndex(there => there.Broadcaster == line.Broadcaster);
        if (at >= 0)
            return this with { Lines = Lines.SetItem(at, line with { Slot = Lines[at].Slot }) };
        int slot = Enumerable.Range(0, Max).FirstOrDefault(number => Lines.All(there => there.Slot != number), -1);
        return slot < 0 ? null : this with { Lines = Lines.Add(line with { Slot = slot }) };
    }

    /// <summary>Without some lines.</summary>
    public LivingTable Without(Func<LivingLine, bool> gone) => this with { Lines = Lines.RemoveAll(line => gone(line)) };

    /// <summary>As JSON.</summary>
    public byte[] Write()
    {
        var buffer = new ArrayBufferWriter<byte>(1_024);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteNumber("version"u8, Version);
        json.WriteBoolean("had_data"u8, HadData);
        json.WriteStartArray("broadcasters"u8);
        foreach (var line in Lines)
        {
            json.WriteStartObject();
            json.WriteString("broadcaster"u8, line.Broadcaster);
            json.WriteString("where"u8, line.Where);
            json.WriteNumber("beat"u8, line.Beat);
            json.WriteNumber("slot"u8, line.Slot);
            json.WriteNumber("list"u8, line.List);
            json.WriteNumber("parcels"u8, line.ParcelsTo);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads what others wrote, perhaps of a later version: what is not known is passed over, and so is a line that says less than it must.</summary>
    /// <returns>Null: it is none.</returns>
    public static LivingTable? Read(ReadOnlySpan<byte> value)
    {
        try
        {
            var json = new Utf8JsonReader(value);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return null;
            var lines = ImmutableArray.CreateBuilder<LivingLine>();
            bool hadData = false;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                bool isList = json.ValueTextEquals("broadcasters"u8);
                bool isData = json.ValueTextEquals("had_data"u8);
                json.Read();
                hadData |= isData && json.TokenType == JsonTokenType.True;
                if (!isList || json.TokenType != JsonTokenType.StartArray)
                {
                    json.Skip();
                    continue;
                }

                while (json.Read() && json.TokenType == JsonTokenType.StartObject)
                {
                    if (ReadLine(ref json) is { } line && lines.Count < Max && lines.All(there => there.Slot != line.Slot && there.Broadcaster != line.Broadcaster))
                        lines.Add(line);
                }
            }

            return new(lines.ToImmutable(), hadData);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second is a string that is no text: half a surrogate, or no UTF-8.
            return null;
        }
    }

    private static LivingLine? ReadLine(ref Utf8JsonReader json)
    {
        string? broadcaster = null, where = null;
        ulong beat = 0, list = 0;
        int slot = -1;
        byte parcels = ParcelVersions.Oldest;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string name = json.GetString() ?? "";
            json.Read();
            switch (name, json.TokenType)
            {
                case ("broadcaster", JsonTokenType.String):
                    broadcaster = json.GetString();
                    break;
                case ("where", JsonTokenType.String):
                    where = json.GetString();
                    break;
                case ("beat", JsonTokenType.Number) when json.TryGetUInt64(out ulong read):
                    beat = read;
                    break;
                case ("list", JsonTokenType.Number) when json.TryGetUInt64(out ulong read):
                    list = read;
                    break;
                case ("slot", JsonTokenType.Number) when json.TryGetInt32(out int read):
                    slot = read;
                    break;
                case ("parcels", JsonTokenType.Number) when json.TryGetByte(out byte read):
                    parcels = read;
                    break;
                default:
                    json.Skip();
                    break;
            }
        }

        if (broadcaster is not { Length: > 0 and <= 64 } || slot is < 0 or >= Max)
            return null;
        return new LivingLine(broadcaster, ClaimedServer.OneLine(where ?? "?"), beat, slot, list, parcels);
    }
}
