using System.Net;
using Dynode.Broadcast.Backends;
using Dynode.Native.Control;
using Dynode.Streams;

namespace Dynode.Native.Bootstrap;

/// <summary>Why it is not begun, by what the broadcaster and both servers say: sentences; null: no reason is known. Pure.</summary>
internal static class BootstrapRefusal
{
    /// <summary>By the plan alone.</summary>
    public static string? Of(BootstrapPlan plan)
    {
        if (plan.New.Equals(plan.From))
            return $"{plan.New} is to be given its own data";
        return plan.As is null && IsLocal(plan.From) && !IsLocal(plan.New)
            ? $"{plan.New} would look for {plan.From} on its own machine: say how it reaches that server, --as HOST:PORT"
            : null;
    }

    /// <summary>By the keys in force.</summary>
    /// <param name="config">Of /config.</param>
    public static string? Of(JsonPart config)
    {
        if (Value(config, "protocol") != "redis")
            return "bootstrap is for protocol=redis: other servers have no copy to give";
        if (Value(config, "log").Length == 0)
            return "without log= a server's data do not say up to where they have come: stop the clients, copy the data, then dynode gaps close";
        return Value(config, "exactly_once") == "false"
            ? "with exactly_once=false a server's data do not say up to where they have come: copy the data while no client writes, then dynode adopt"
            : null;
    }

    /// <summary>By how the broadcaster sees them.</summary>
    /// <param name="plan">What is to be done.</param>
    /// <param name="status">Of /status.</param>
    public static string? Of(BootstrapPlan plan, JsonPart status)
    {
        if (status["ordered_log"]["identity"].Raw is not { Length: > 0 })
            return "the broadcaster does not know its stream now";
        foreach (BackendAddress server in (ReadOnlySpan<BackendAddress>)[plan.New, plan.From])
        {
            if (Server(status, server)["tls"].Flag == true)
                return $"{server} is spoken to by TLS, and bootstrap speaks plain: copy its data by redis-cli --tls while no client writes, then dynode adopt";
        }

        JsonPart from = Server(status, plan.From);
        bool isOwn = IsOwn(plan, status);
        if (isOwn && from["state"].Raw != "current")
            return $"{plan.From} is {ServersTable.State(from)}: only one that is current can give its data";
        if (isOwn && from["gap"].IsThere)
            return $"{plan.From} has a {ServersTable.Gap(from)}: only one without can give its data";
        JsonPart target = Server(status, plan.New);
        if (!target.IsThere)
            return $"{plan.New} is no server of this broadcaster: dynode add {plan.New}";
        if (Owner(target) is { } other)
            return $"{plan.New} is not this broadcaster's to deliver to ({other}): ask the one that does";
        return target["order"].Raw is { } order and not "enabled" ? $"{plan.New} is {order}: dynode enable {plan.New}" : null;
    }

    /// <summary>The broadcaster delivers to the one that gives; else that one's own word counts.</summary>
    public static bool IsOwn(BootstrapPlan plan, JsonPart status) => Server(status, plan.From) is { IsThere: true } from && Owner(from) is null;

    /// <summary>By what the one that gives has of the stream, by its own word: whoever gets its data goes on from there.</summary>
    /// <param name="plan">What is to be done.</param>
    /// <param name="status">Of /status.</param>
    /// <param name="mark">What lies there under the watermark's key.</param>
    public static string? Of(BootstrapPlan plan, JsonPart status, ReadOnlySpan<byte> mark) => Watermark.Read(mark) switch
    {
        null => $"{plan.From} has no watermark: its data do not say up to where they have come",
        { Gap.Length: > 0 } found => $"{plan.From} has a gap, by its own word: {found.Gap}",
        var found when found.Stream != status["ordered_log"]["identity"].Raw => $"{plan.From} is of another stream: by its own word {found.Stream}, and this broadcaster's is {status["ordered_log"]["identity"].Text}",
        _ => null,
    };

    /// <summary>By what both say of themselves.</summary>
    /// <param name="plan">What is to be done.</param>
    /// <param name="from">INFO of the one that gives.</param>
    /// <param name="target">INFO of the one that is given.</param>
    /// <param name="isEmpty">That one holds nothing but a watermark.</param>
    public static string? Of(BootstrapPlan plan, RedisInfo from, RedisInfo target, bool isEmpty)
    {
        foreach (var (address, info) in (ReadOnlySpan<(BackendAddress, RedisInfo)>)[(plan.From, from), (plan.New, target)])
        {
            if (info["run_id"].Length == 0 || info["role"].Length == 0)
                return $"{address} does not say who it is (INFO: run_id, role)";
            if (info["cluster_enabled"] == "1")
                return $"{address} is one of a cluster";
            if (info["loading"] == "1")
                return $"{address} reads its data";
        }

        if (from["run_id"] == target["run_id"])
            return $"{plan.From} and {plan.New} are one server";
        if (from["role"] != "master")
            return $"{plan.From} is a replica itself";
        if (target["role"] != "master" && !plan.Replaces)
            return $"{plan.New} is a replica of {Escaped.Text(target["master_host"])}:{Escaped.Text(target["master_port"])}: with --replace it is one no more";
        return !isEmpty && !plan.Replaces ? $"{plan.New} holds {FigureText.Count(target.Keys)} keys: with --replace they are thrown away" : null;
    }

    /// <summary>One server of a /status; nothing: it is not there.</summary>
    public static JsonPart Server(JsonPart status, BackendAddress address) =>
        status["servers"].Items.Find(server => server["state"].Raw != "retiring" && server["address"].Raw == address.ToString()) ?? JsonPart.Nothing;

    /// <summary>The value of a key of a /config.</summary>
    public static string Value(JsonPart config, string key) => config["keys"].Items.Find(entry => entry["name"].Raw == key)?["value"].Raw ?? "";

    private static string? Owner(JsonPart server) => LogText.Owner(server) is { Length: > 0 } owner ? owner : null;

    private static bool IsLocal(BackendAddress address) => address.Ip is { } ip ? IPAddress.IsLoopback(ip) : address.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase);
}
