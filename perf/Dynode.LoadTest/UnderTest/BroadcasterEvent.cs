using System.Text.Json;

namespace Dynode.LoadTest.UnderTest;

/// <summary>One line of the broadcaster's log, as <c>log_format=json</c> writes it: its counters are seen from outside in no other way.</summary>
internal sealed class BroadcasterEvent
{
    private readonly JsonElement _fields;

    private BroadcasterEvent(JsonElement fields) => _fields = fields;

    public int Id => _fields.GetProperty("event").GetInt32();

    public string Text => Field("msg");

    /// <summary>A fault of the broadcaster's own, or of a server; none belongs to a load test.</summary>
    public bool IsError => Field("level") == "ERROR";

    /// <summary>The server that it is about; empty: about none.</summary>
    public string Server => _fields.TryGetProperty(nameof(Server), out JsonElement server) ? server.GetString() ?? "" : "";

    /// <summary>Null: the line is none of the log's.</summary>
    public static BroadcasterEvent? TryParse(string line)
    {
        if (!line.StartsWith('{')) return null;
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.TryGetProperty("event", out _) ? new BroadcasterEvent(document.RootElement.Clone()) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public string Field(string name) => _fields.GetProperty(name).GetString() ?? "";

    public long Count(string name) => _fields.GetProperty(name).GetInt64();

    /// <summary>0: the line has no such field.</summary>
    public long CountIfAny(string name) => _fields.TryGetProperty(name, out JsonElement count) ? count.GetInt64() : 0;
}
