using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Dynode.Streams.Nats;

/// <summary>An answer of the engine, laid flat: <c>config.subjects.0</c> is the first of a list within an object. What is null is not there.</summary>
internal sealed class NatsJson
{
    private const int ValuesMax = 4096;

    private readonly Dictionary<string, string> _values = [];

    private NatsJson()
    {
    }

    /// <exception cref="NatsTrouble">It is no JSON, or has no end.</exception>
    public static NatsJson Read(ReadOnlySpan<byte> bytes)
    {
        var json = new NatsJson();
        try
        {
            var reader = new Utf8JsonReader(bytes);
            reader.Read();
            json.Take(ref reader, "");
            return json;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new NatsTrouble($"an answer of the stream's engine cannot be read: {NatsTrouble.Excerpt(Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, 100)]))}");
        }
    }

    /// <summary>Empty: it is not there.</summary>
    public string Text(string path) => _values.GetValueOrDefault(path, "");

    /// <summary>0: it is not there, or no whole number.</summary>
    public long Number(string path) => long.TryParse(Text(path), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) ? number : 0;

    /// <summary>0: it is not there, or none.</summary>
    public ulong Unsigned(string path) => ulong.TryParse(Text(path), NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : 0;

    public bool Flag(string path) => Text(path) == "true";

    /// <summary>Something stands there, or below it.</summary>
    public bool Has(string path) => _values.ContainsKey(path) || _values.Keys.Any(key => key.StartsWith(path + ".", StringComparison.Ordinal));

    /// <summary>What a list holds.</summary>
    public IReadOnlyList<string> Items(string path)
    {
        var items = new List<string>();
        while (_values.TryGetValue($"{path}.{items.Count}", out string? item))
            items.Add(item);
        return items;
    }

    private void Take(ref Utf8JsonReader reader, string path)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    string name = reader.GetString()!;
                    reader.Read();
                    Take(ref reader, path.Length == 0 ? name : $"{path}.{name}");
                }

                break;
            case JsonTokenType.StartArray:
                for (int i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
                    Take(ref reader, $"{path}.{i}");
                break;
            case JsonTokenType.Null:
                break;
            default:
                if (_values.Count == ValuesMax)
                    throw new JsonException();
                _values[path] = reader.TokenType == JsonTokenType.String ? reader.GetString()! : Encoding.UTF8.GetString(reader.ValueSpan).ToLowerInvariant();
                break;
        }
    }
}
