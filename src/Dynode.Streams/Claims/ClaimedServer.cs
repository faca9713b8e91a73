using System.Buffers;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;

namespace Dynode.Streams.Claims;

/// <summary>What a server's key holds: who delivers to it, and where it stands.</summary>
/// <param name="Broadcaster">Who claims it: 16 hexadecimal digits, of one life of one broadcaster.</param>
/// <param name="Where">The same for people: machine and process.</param>
/// <param name="IsReleased">Nobody claims it any more.</param>
/// <param name="Place">Null: none is known.</param>
public sealed record ClaimedServer(string Broadcaster, string Where, bool IsReleased, ServerPlace? Place)
{
    /// <summary>Which of its claims to this server that is: a broadcaster may begin another before the one before has ended.</summary>
    public ulong Acquisition { get; init; }

    /// <summary>The connection on which it is delivered to, by the server's own count; null: the server does not count them, or there was none yet.</summary>
    public ServerLink? Link { get; init; }

    private const int Version = 1;
    private const int WhereMax = 200;

    /// <summary>An engine takes 200; what is longer ends in a hash of all of it.</summary>
    private const int KeyLengthMax = 160;

    /// <summary>The key of a server: its address, with all but letters, digits and hyphens as <c>=</c> and two hexadecimal digits.</summary>
    public static string KeyOf(string address)
    {
        var key = new StringBuilder("at.");
        byte[] name = Encoding.UTF8.GetBytes(address);
        foreach (byte b in name)
        {
            if (key.Length > KeyLengthMax)
                return key.Append("==").Append(XxHash3.HashToUInt64(name).ToString("x16", null)).ToString();
            if (char.IsAsciiLetterOrDigit((char)b) || b == '-')
                key.Append((char)b);
            else
                key.Append('=').Append(b.ToString("X2", null));
        }

        return key.ToString();
    }

    /// <summary>As JSON.</summary>
    public byte[] Write()
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using var json = new Utf8JsonWriter(buffer);
        json.WriteStartObject();
        json.WriteNumber("version"u8, Version);
        json.WriteString("broadcaster"u8, Broadcaster);
        json.WriteString("where"u8, Where);
        json.WriteBoolean("released"u8, IsReleased);
        json.WriteNumber("acquisition"u8, Acquisition);
        if (Link is { } link)
        {
            json.WriteString("run"u8, link.Run);
            json.WriteNumber("connection"u8, link.Connection);
        }

        if (Place is { } place)
        {
            json.WriteString("stream"u8, place.Stream);
            json.WriteNumber("number"u8, place.Number);
            json.WriteBase64String("table"u8, place.Table.Span);
            json.WriteBoolean("gap"u8, place.HasGap);
            if (place.Run.Length > 0)
                json.WriteString("process"u8, place.Run);
        }

        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads what another broadcaster wrote, perhaps of a later version: what is not known is passed over.</summary>
    /// <returns>Null: it is none.</returns>
    public static ClaimedServer? Read(ReadOnlySpan<byte> value)
    {
        try
        {
            var json = new Utf8JsonReader(value);
            return Read(ref json);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The second is a string that is no text: half a surrogate, or no UTF-8.
            return null;
        }
    }

    private static ClaimedServer? Read(ref Utf8JsonReader json)
    {
        string? broadcaster = null, where = null, stream = null, run = null, process = null;
        bool isReleased = false, hasGap = false;
        ulong? number = null;
        ulong acquisition = 0;
        long connection = 0;
        byte[] table = [];
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            return null;
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
                case ("stream", JsonTokenType.String):
                    stream = json.GetString();
                    break;
                case ("run", JsonTokenType.String):
                    run = json.GetString();
                    break;
                case ("process", JsonTokenType.String):
                    process = json.GetString();
                    break;
                case ("connection", JsonTokenType.Number) when json.TryGetInt64(out long read):
                    connection = read;
                    break;
                case ("table", JsonTokenType.String) when json.TryGetBytesFromBase64(out byte[]? read):
                    table = read;
                    break;
                case ("released", JsonTokenType.True):
                    isReleased = true;
                    break;
                case ("gap", JsonTokenType.True):
                    hasGap = true;
                    break;
                case ("number", JsonTokenType.Number) when json.TryGetUInt64(out ulong read):
                    number = read;
                    break;
                case ("acquisition", JsonTokenType.Number) when json.TryGetUInt64(out ulong read):
                    acquisition = read;
                    break;
                default:
                    json.Skip();
                    break;
            }
        }

        if (broadcaster is not { Length: > 0 and <= 64 } || stream is { Length: > 64 })
            return null;
        return new ClaimedServer(broadcaster, OneLine(where ?? "?"), isReleased, stream is null || number is null ? null : new ServerPlace(stream, number.Value, table, hasGap, process is { Length: <= 64 } ? process : ""))
        {
            Acquisition = acquisition,
            Link = run is { Length: > 0 and <= 64 } && connection > 0 ? new ServerLink(run, connection) : null,
        };
    }

    /// <summary>What another says of itself, for people: without what would break a line of a log.</summary>
    internal static string OneLine(string text) => new([.. text.Take(WhereMax).Select(static c => char.IsControl(c) ? ' ' : c)]);
}
