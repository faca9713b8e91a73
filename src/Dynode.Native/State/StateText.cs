using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Dynode.Broadcast.Backends;

namespace Dynode.Native.State;

/// <summary>
/// <c>servers.json</c>, schema 1: as JSON that people may read, and back. Fields may be added, and are skipped by who does not know
/// them; a change of what one means is another schema. Pure; whatever the bytes are, there is a state or a fault.
/// </summary>
internal static class StateText
{
    /// <summary>Of each kind; more cannot be served.</summary>
    public const int ServersMax = 1024;

    /// <summary>Of servers that are there, and of as many that are not.</summary>
    public const int GapsMax = 2 * ServersMax;

    /// <summary>Six times as many addresses of the longest names, with room; a longer file is none of ours.</summary>
    public const int BytesMax = 4 << 20;

    /// <summary>What the file says of a run that has ended well, and of one that has not; as long as each other.</summary>
    public static ReadOnlySpan<byte> Stopped => "\"run\":\"stopped\""u8;

    /// <inheritdoc cref="Stopped"/>
    public static ReadOnlySpan<byte> Running => "\"run\":\"running\""u8;

    private const int Schema = 1;
    private const int TextCharactersMax = 8192;
    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public static byte[] Write(KeptState state, DateTimeOffset now)
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        using var json = new Utf8JsonWriter(bytes);
        json.WriteStartObject();
        json.WriteNumber("schema"u8, Schema);
        json.WriteString("time"u8, Text(now));
        json.WriteString("run"u8, state.Run == RunEnd.Stopped ? "stopped" : "running");
        if (state.List is { } list)
        {
            json.WriteStartObject("list"u8);
            json.WriteString("url"u8, list.Url);
            json.WriteString("asked"u8, list.Asked);
            json.WriteString("time"u8, Text(list.Time));
            Servers(json, "servers", list.Servers);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("list"u8);
        }

        json.WriteStartObject("orders"u8);
        Servers(json, "disabled", state.Disabled);
        Servers(json, "ejected", state.Ejected);
        Servers(json, "added", state.Added);
        Servers(json, "removed", state.Removed);
        json.WriteEndObject();
        json.WriteStartArray("gaps"u8);
        foreach (KeptGap gap in state.Gaps)
        {
            json.WriteStartObject();
            json.WriteString("server"u8, gap.Address.ToString());
            json.WriteString("reason"u8, gap.Reason);
            json.WriteNumber("first"u8, gap.First);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return [.. bytes.WrittenSpan, (byte)'\n'];
    }

    /// <summary>Null: there is a fault.</summary>
    /// <param name="bytes">Of the file.</param>
    /// <param name="fault">Why not, as the end of a sentence about the file.</param>
    public static KeptState? Read(ReadOnlySpan<byte> bytes, out string? fault)
    {
        try
        {
            var reader = new Utf8JsonReader(bytes);
            JsonElement root = JsonElement.ParseValue(ref reader);
            if (reader.Read())
                throw new FormatException("has more behind its end");
            fault = null;
            return State(root);
        }
        catch (JsonException e)
        {
            fault = bytes.IsEmpty ? "is empty" : $"is no whole JSON (byte {e.BytePositionInLine + 1})";
        }
        catch (FormatException e)
        {
            fault = e.Message;
        }
        catch (InvalidOperationException)
        {
            // Wrong UTF-8, or half of a surrogate pair, in a string.
            fault = "has bytes in it that are no text";
        }

        return null;
    }

    private static KeptState State(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
            throw new FormatException("is no JSON object");
        if (Number(root, "schema") is var schema && schema != Schema)
            throw new FormatException($"is of schema {schema}, and this version reads schema 1");
        Time(root);
        JsonElement list = Part(root, "list");
        JsonElement orders = Part(root, "orders");
        var state = new KeptState
        {
            Run = String(root, "run") switch { "running" => RunEnd.Running, "stopped" => RunEnd.Stopped, _ => throw Nonsense("run") },
            List = list.ValueKind == JsonValueKind.Null ? null : new(String(list, "url"), String(list, "asked"), Time(list), Servers(list, "servers")),
            Disabled = Servers(orders, "disabled"),
            Ejected = Servers(orders, "ejected"),
            Added = Servers(orders, "added"),
            Removed = Servers(orders, "removed"),
            Gaps = Gaps(root),
        };
        if (state.List is { Servers.IsEmpty: true })
            throw Nonsense("list");
        foreach (BackendAddress server in state.Disabled)
            Alone(state.Ejected, server);
        foreach (BackendAddress server in state.Added)
            Alone(state.Removed, server);
        return state;
    }

    private static ImmutableArray<KeptGap> Gaps(JsonElement root)
    {
        var all = new List<KeptGap>();
        var servers = new HashSet<BackendAddress>();
        foreach (JsonElement gap in Items(root, "gaps", GapsMax))
        {
            var one = new KeptGap(Server(Part(gap, "server"), "gaps"), String(gap, "reason"), Number(gap, "first"));
            if (one.First < -1 || one.Reason.Length is 0 or > 64 || one.Reason.AsSpan().ContainsAnyExceptInRange('A', 'z') || !servers.Add(one.Address))
                throw Nonsense("gaps");
            all.Add(one);
        }

        return [.. all];
    }

    private static ImmutableArray<BackendAddress> Servers(JsonElement of, string name)
    {
        var all = new HashSet<BackendAddress>();
        var inOrder = new List<BackendAddress>();
        foreach (JsonElement server in Items(of, name, ServersMax))
        {
            BackendAddress address = Server(server, name);
            if (!all.Add(address))
                throw Nonsense(name);
            inOrder.Add(address);
        }

        return [.. inOrder];
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement of, string name, int max) =>
        Part(of, name) is { ValueKind: JsonValueKind.Array } items && items.GetArrayLength() <= max ? items.EnumerateArray() : throw Nonsense(name);

    private static void Alone(ImmutableArray<BackendAddress> others, BackendAddress server)
    {
        if (others.Contains(server))
            throw Nonsense("orders");
    }

    private static BackendAddress Server(JsonElement server, string name) =>
        server.ValueKind == JsonValueKind.String && ServerScheme.TryParse(server.GetString()!, out var address, out _) ? address : throw Nonsense(name);

    private static JsonElement Part(JsonElement of, string name) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out JsonElement part) ? part : throw Nonsense(name);

    private static long Number(JsonElement of, string name) =>
        Part(of, name) is { ValueKind: JsonValueKind.Number } part && part.TryGetInt64(out long number) ? number : throw Nonsense(name);

    private static string String(JsonElement of, string name) =>
        Part(of, name) is { ValueKind: JsonValueKind.String } part && part.GetString() is { Length: <= TextCharactersMax } text ? text : throw Nonsense(name);

    private static DateTimeOffset Time(JsonElement of) =>
        DateTimeOffset.TryParseExact(String(of, "time"), TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : throw Nonsense("time");

    private static FormatException Nonsense(string name) => new($"has no sense in its \"{name}\"");

    private static void Servers(Utf8JsonWriter json, string name, ImmutableArray<BackendAddress> servers)
    {
        json.WriteStartArray(name);
        foreach (BackendAddress server in servers)
            json.WriteStringValue(ServerScheme.Write(server));
        json.WriteEndArray();
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture);
}
