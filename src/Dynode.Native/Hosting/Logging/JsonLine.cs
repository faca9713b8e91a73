using System.Globalization;
using System.Text.Json;

namespace Dynode.Native.Hosting.Logging;

/// <summary>
/// <c>{"ts":…,"level":…,"event":…,"name":…,"msg":…,…}</c>, then every field under its own name: numbers and truth values as
/// such, all else as text.
/// </summary>
internal static class JsonLine
{
    public static void Write(Utf8JsonWriter json, in LogEvent logged)
    {
        Span<char> at = stackalloc char[24];
        logged.At.TryFormat(at, out int count, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        json.WriteStartObject();
        json.WriteString("ts"u8, at[..count]);
        json.WriteString("level"u8, logged.LevelName);
        json.WriteNumber("event"u8, logged.Id.Id);
        if (logged.Id.Name is { } name)
            json.WriteString("name"u8, name);
        json.WriteString("msg"u8, LogText.Cut(logged.Text, LogEvent.TextCharactersMax));
        for (int i = 0; i < (logged.Fields?.Count ?? 0); i++)
        {
            (string field, object? value) = logged.Fields![i];
            if (field != LogEvent.TemplateField)
                WriteField(json, field, value);
        }

        if (logged.Error is not null)
            json.WriteString("exception"u8, LogText.Cut(logged.Error.ToString(), LogEvent.TextCharactersMax));
        json.WriteEndObject();
        json.Flush();
    }

    private static void WriteField(Utf8JsonWriter json, string name, object? value)
    {
        // A field must not stand in for one of ours.
        if (name is "ts" or "level" or "event" or "name" or "msg" or "exception")
            name += "_";
        switch (value)
        {
            case null: json.WriteNull(name); break;
            case bool truth: json.WriteBoolean(name, truth); break;
            case int number: json.WriteNumber(name, number); break;
            case uint number: json.WriteNumber(name, number); break;
            case long number: json.WriteNumber(name, number); break;
            case ulong number: json.WriteNumber(name, number); break;
            case double number when double.IsFinite(number): json.WriteNumber(name, number); break;
            default:
                json.WriteString(name, LogText.Cut(Convert.ToString(value, CultureInfo.InvariantCulture), LogEvent.ValueCharactersMax));
                break;
        }
    }
}
