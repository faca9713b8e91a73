using System.Text.Json;
using Dynode.Broadcast.Listening;

namespace Dynode.Native.Admin;

/// <summary>How <c>/clients</c> is sorted: the most, or the longest, first.</summary>
internal enum ClientSort
{
    Owed,
    Age,
    Requests,
}

/// <summary><c>/clients</c>: who they are, how long they have been here, and what waits for them.</summary>
internal static class ClientsJson
{
    public static void Write(Utf8JsonWriter json, ClientFigures[] clients, ClientSort sort, int limit)
    {
        json.WriteStartObject();
        json.WriteNumber("schema"u8, 1);
        json.WriteNumber("total"u8, clients.Length);
        json.WritePropertyName("clients"u8);
        WriteArray(json, clients, sort, limit);
        json.WriteEndObject();
    }

    /// <summary>The first of them.</summary>
    public static void WriteArray(Utf8JsonWriter json, ClientFigures[] clients, ClientSort sort, int limit)
    {
        json.WriteStartArray();
        foreach (var client in Sorted(clients, sort).Take(limit))
        {
            json.WriteStartObject();
            json.WriteNumber("id"u8, client.Id);
            json.WriteString("address"u8, client.Address?.ToString());
            StatusJson.Seconds(json, "age_seconds", client.Age);
            StatusJson.Number(json, "requests", client.Requests);
            json.WriteNumber("received_bytes"u8, client.ReceivedBytes);
            json.WriteNumber("relayed_bytes"u8, client.RelayedBytes);
            StatusJson.Number(json, "owed_requests", client.OwedRequests);
            json.WriteNumber("owed_bytes"u8, client.OwedBytes);
            json.WriteBoolean("held"u8, client.IsHeld);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Of equal ones the older comes first.</summary>
    private static List<ClientFigures> Sorted(ClientFigures[] clients, ClientSort sort)
    {
        Func<ClientFigures, long> most = sort switch
        {
            ClientSort.Age => static client => client.Age.Ticks,
            ClientSort.Requests => static client => client.Requests ?? client.ReceivedBytes,
            _ => static client => client.OwedBytes,
        };
        var sorted = clients.ToList();
        sorted.Sort((one, other) => most(other).CompareTo(most(one)) is not 0 and var order ? order : one.Id.CompareTo(other.Id));
        return sorted;
    }
}
