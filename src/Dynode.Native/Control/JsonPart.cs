using System.Text.Json;

namespace Dynode.Native.Control;

/// <summary>
/// A part of an answer. What is not there, is null or of another kind is nothing, and nothing has no parts: a broadcaster of another
/// version, or in another mode, says less or more. Texts come out <see cref="Escaped"/>, so that whoever prints them need not think of it.
/// </summary>
internal sealed class JsonPart(JsonElement element)
{
    /// <summary>What is not there.</summary>
    public static readonly JsonPart Nothing = new(default);

    private readonly JsonElement _element = element;

    /// <summary>There is something.</summary>
    public bool IsThere => _element.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    /// <summary>A member of an object.</summary>
    public JsonPart this[string name] =>
        _element.ValueKind == JsonValueKind.Object && _element.TryGetProperty(name, out JsonElement member) ? new(member) : Nothing;

    /// <summary>A number.</summary>
    public double? Number => _element.ValueKind == JsonValueKind.Number && _element.TryGetDouble(out double number) ? number : null;

    /// <summary>A number, 0 where there is none.</summary>
    public double Count => Number ?? 0;

    /// <summary>True or false.</summary>
    public bool? Flag => _element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    /// <summary>A text, escaped.</summary>
    public string? Text => Raw is { } raw ? Escaped.Text(raw) : null;

    /// <summary>A text as it was said: to be compared, or sent back.</summary>
    public string? Raw
    {
        get
        {
            try
            {
                return _element.ValueKind == JsonValueKind.String ? _element.GetString() : null;
            }
            catch (InvalidOperationException)
            {
                // Half of a surrogate pair.
                return "?";
            }
        }
    }

    /// <summary>The elements of an array.</summary>
    public List<JsonPart> Items
    {
        get
        {
            List<JsonPart> items = [];
            if (_element.ValueKind != JsonValueKind.Array)
                return items;
            foreach (JsonElement item in _element.EnumerateArray())
                items.Add(new(item));
            return items;
        }
    }

    /// <summary>An answer as a whole; nothing: it is no JSON.</summary>
    public static JsonPart Parse(byte[] body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            JsonElement root = JsonElement.ParseValue(ref reader);
            return reader.Read() ? Nothing : new(root);
        }
        catch (JsonException)
        {
            return Nothing;
        }
    }
}
