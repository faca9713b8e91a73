using System.Text.Json;
using Dynode.Broadcast.Plane;

namespace Dynode.Native.Admin;

/// <summary><c>/slowlog</c>: the last requests that were slow, newest first.</summary>
internal static class SlowLogJson
{
    public static void Write(Utf8JsonWriter json, SlowRequest[] requests, TimeSpan slow)
    {
        json.WriteStartObject();
        json.WriteNumber("schema"u8, 1);
        StatusJson.Seconds(json, "slow_request_seconds", slow);
        json.WriteStartArray("entries"u8);
        foreach (var request in requests)
        {
            json.WriteStartObject();
            json.WriteNumber("number"u8, request.Number);
            StatusJson.Time(json, "time", request.Time.UtcDateTime);
            StatusJson.Seconds(json, "seconds", request.Duration);
            json.WriteString("client"u8, request.Client?.ToString());
            json.WriteString("verb"u8, request.Command);
            json.WriteString("key"u8, request.Key);
            if (request.Bytes is { } bytes)
                json.WriteNumber("bytes"u8, bytes);
            else
                json.WriteNull("bytes"u8);
            json.WriteString("waited_for"u8, request.WaitedFor);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}
