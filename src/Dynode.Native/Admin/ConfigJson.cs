using System.Text.Json;
using Dynode.Native.Configuration;

namespace Dynode.Native.Admin;

/// <summary><c>/config</c>: every key with its value in force and where that stands; secrets are never shown.</summary>
internal static class ConfigJson
{
    public static void Write(Utf8JsonWriter json, HostSettings settings)
    {
        json.WriteStartObject();
        json.WriteNumber("schema"u8, 1);
        json.WriteStartArray("keys"u8);
        foreach (ConfigurationKey key in KeyTable.All)
        {
            EffectiveValue effective = settings.Values[key];
            json.WriteStartObject();
            json.WriteString("name"u8, key.Name);
            json.WriteString("value"u8, Shown.Value(key, effective.Value.Text));
            json.WriteString("source"u8, effective.Said.Length > 0 ? $"{effective.Source}: {effective.Said}" : effective.Source.Text);
            json.WriteBoolean("set"u8, effective.IsSet);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
