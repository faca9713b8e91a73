using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Dynode.Broadcast.Backends;
using Dynode.Native.Configuration;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Admin;

/// <summary>The routes that change something, by POST alone: each an order, and a line in the log that says who gave it.</summary>
internal sealed class OrderRoutes(IOperator op, ILogger log)
{
    private const string ServersBegin = "/servers/";
    private const string ClientsBegin = "/clients/";

    /// <summary>The longest time for which a log level is lent, in seconds.</summary>
    private const long LentSecondsMax = 7 * 24 * 3600;

    /// <summary>For a disk, before whoever has ordered is told that it does not come.</summary>
    public static readonly TimeSpan WriteTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Whether there is an order at that path.</summary>
    public static bool Has(string path) => path is "/gaps/close" or "/adopt" or "/log" or "/reload" or "/drain"
        || (path.StartsWith(ClientsBegin, StringComparison.Ordinal) && VerbOf(path) == "close")
        || (path.StartsWith(ServersBegin, StringComparison.Ordinal) && VerbOf(path) is "disable" or "enable" or "eject" or "add" or "remove");

    /// <summary>Does what is ordered.</summary>
    /// <returns>What became of it; null: there is a fault.</returns>
    public async Task<(OrderAnswer? Answer, string? Fault)> TakeAsync(Asked asked)
    {
        if (Give(asked, out string? fault) is not { } given)
            return (null, fault);
        var answer = await given.ConfigureAwait(false);
        if (answer is { Outcome: OrderOutcome.Done })
            AdminLog.Ordered(log, asked.Who, answer.Text);
        return (answer, null);
    }

    /// <summary>Null: there is a fault.</summary>
    private Task<OrderAnswer>? Give(Asked asked, out string? fault)
    {
        var query = QueryHelpers.ParseQuery(asked.Query);
        OrderAnswer? answer;
        switch (asked.Path)
        {
            case "/gaps/close":
                return TryAddress(query, out var server, out fault) ? op.CloseGapsAsync(server) : null;
            case "/adopt":
                return TryAddresses(query, out var servers, out fault) ? op.AdoptAsync(servers) : null;
            case "/log":
                answer = TryLevel(query, out var level, out var time, out fault) ? op.SetLogLevel(level, time) : null;
                break;
            case "/reload":
                (answer, fault) = (op.Reload(), null);
                break;
            case "/drain":
                (answer, fault) = (op.Drain(), null);
                break;
            case var client when client.StartsWith(ClientsBegin, StringComparison.Ordinal):
                string number = client[ClientsBegin.Length..client.LastIndexOf('/')];
                bool isNumber = long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long id);
                (answer, fault) = (isNumber ? op.CloseClient(id) : null, $"\"{number}\" is no client's number");
                break;
            default:
                string name = asked.Path[ServersBegin.Length..asked.Path.LastIndexOf('/')];
                answer = BackendAddress.TryParse(name, out var address, out fault) ? Order(VerbOf(asked.Path), address, query.GetValueOrDefault("when_current").ToString() == "true") : null;
                fault = fault is null ? null : $"\"{name}\" {fault}";
                break;
        }

        return answer is null ? null : Task.FromResult(answer);
    }

    /// <summary>Of an order that should have been on disk by now.</summary>
    /// <param name="answer">It is in force.</param>
    public static OrderAnswer OnDisk(OrderAnswer answer)
    {
        string? fault = answer.Written is { IsCompletedSuccessfully: true } written ? written.Result : "the disk has not taken it within 5 s";
        return fault is null ? answer : new(OrderOutcome.NotWritten, $"{answer.Text}; but it would not outlive a restart, for state_directory was not written: {fault}");
    }

    private OrderAnswer Order(string verb, BackendAddress server, bool whenCurrent) => verb switch
    {
        "add" => op.Add(server),
        "remove" => op.Remove(server),
        "disable" => op.Order(server, BackendOrder.Disabled, whenCurrent),
        "eject" => op.Order(server, BackendOrder.Ejected, whenCurrent),
        _ => op.Order(server, BackendOrder.Enabled, whenCurrent: false),
    };

    private static string VerbOf(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static bool TryAddress(Dictionary<string, Microsoft.Extensions.Primitives.StringValues> query, out BackendAddress? server, out string? fault)
    {
        (server, fault) = (null, null);
        if (!query.TryGetValue("server", out var said))
            return true;
        if (BackendAddress.TryParse(said.ToString(), out server, out fault))
            return true;
        fault = $"\"{said}\" {fault}";
        return false;
    }

    private static bool TryAddresses(Dictionary<string, Microsoft.Extensions.Primitives.StringValues> query, out ImmutableArray<BackendAddress> servers, out string? fault)
    {
        (servers, fault) = ([], null);
        foreach (string? said in query.GetValueOrDefault("server"))
        {
            if (!BackendAddress.TryParse(said ?? "", out var server, out fault))
            {
                fault = $"\"{said}\" {fault}";
                return false;
            }

            servers = servers.Add(server);
        }

        return true;
    }

    private static bool TryLevel(Dictionary<string, Microsoft.Extensions.Primitives.StringValues> query, out LogLevel level, out TimeSpan? time, out string? fault)
    {
        (level, time, fault) = (LogLevel.None, null, null);
        string said = query.GetValueOrDefault("level").ToString();
        var levels = ConfigurationKeys.LogLevel.Choices;
        int index = levels.IndexOf(said.ToUpperInvariant());
        if (index < 0)
        {
            fault = $"level is one of {string.Join(", ", levels)}";
            return false;
        }

        level = (LogLevel)index;
        if (!query.TryGetValue("for_seconds", out var seconds))
            return true;
        if (!long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out long count) || count is < 1 or > LentSecondsMax)
        {
            fault = $"for_seconds is a number from 1 to {LentSecondsMax}";
            return false;
        }

        time = TimeSpan.FromSeconds(count);
        return true;
    }

    /// <summary>As JSON.</summary>
    public static Answer Said(OrderAnswer answer)
    {
        int status = answer.Outcome switch { OrderOutcome.Done or OrderOutcome.WasSo => 200, OrderOutcome.Unknown => 404, OrderOutcome.Refused => 409, OrderOutcome.NotWritten => 507, OrderOutcome.NotCertain => 504, _ => 422 };
        return new Answer(status, Answer.Json, JsonBody.Of(json =>
        {
            json.WriteStartObject();
            if (status == 200)
            {
                json.WriteBoolean("changed"u8, answer.Outcome == OrderOutcome.Done);
                json.WriteString("text"u8, answer.Text);
            }
            else
            {
                json.WriteString("error"u8, answer.Text);
                if (!answer.Faults.IsEmpty)
                {
                    json.WriteStartArray("faults"u8);
                    foreach (string fault in answer.Faults)
                        json.WriteStringValue(fault);
                    json.WriteEndArray();
                }
            }

            WriteGaps(json, answer.Gaps);
            json.WriteEndObject();
        }));
    }

    private static void WriteGaps(Utf8JsonWriter json, ImmutableArray<GapClosed> gaps)
    {
        if (gaps.IsEmpty)
            return;
        json.WriteStartArray("servers"u8);
        foreach (var gap in gaps)
        {
            json.WriteStartObject();
            json.WriteString("address"u8, gap.Server.ToString());
            json.WriteString("gap"u8, StatusNames.Snake(gap.Fate.ToString()));
            json.WriteString("reason"u8, gap.Reason?.ToString());
            if (gap.Number is { } number)
                json.WriteNumber("number"u8, number);
            else
                json.WriteNull("number"u8);
            json.WriteString("owner"u8, gap.Owner.Length > 0 ? gap.Owner : null);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
