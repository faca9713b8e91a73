namespace Dynode.Native.Control;

/// <summary>The lines of a /status that stand above the servers. What has no meaning in a mode is not there, and no line speaks of it.</summary>
internal static class StatusText
{
    /// <summary>How wide the names of figures are.</summary>
    public const int NameWidth = 10;

    private const int Names = 3;

    /// <summary>Who runs, and since when.</summary>
    public static StyledLine Head(JsonPart status)
    {
        string listens = string.Join(", ", status["listen"].Items.ConvertAll(place => place.Text));
        string state = status["state"].Text ?? "?";
        return new StyledLine()
            .Add($"dynode {status["version"].Text}", Style.Bold)
            .Add($"  {status["protocol"].Text}, reply={status["reply"].Text}{(listens.Length > 0 ? $", on {listens}" : "")}  ")
            .Add(state, state == "serving" ? Style.Good : Style.Warn)
            .Add($" for {FigureText.Duration(status["uptime_seconds"].Number)}  pid {FigureText.Whole(status["pid"].Number)}");
    }

    /// <summary>One sentence: all is well, or who is not, and what that means.</summary>
    public static StyledLine Sentence(JsonPart status)
    {
        List<JsonPart> servers = status["servers"].Items;
        List<string> reasons = status["not_ready"].Items.ConvertAll(reason => reason.Text ?? "?");
        if (status["ready"].Flag == false)
            return new StyledLine().Add($"Not ready: {(reasons.Count > 0 ? string.Join("; ", reasons) : "it does not say why")}.", Style.Bad);
        if (servers.Count == 0)
            return new StyledLine().Add("There are no servers.", Style.Bad);
        List<JsonPart> behind = servers.FindAll(server => server["state"].Raw != "current");
        List<JsonPart> gaps = servers.FindAll(server => server["gap"].IsThere);
        if (behind.Count == 0 && gaps.Count == 0)
            return new StyledLine().Add(servers.Count == 1 ? "The only server is current." : $"All {servers.Count} servers are current.", Style.Good);

        string isGone = behind.Count == 0 ? "" : $"{behind.Count} of {servers.Count} {(servers.Count == 1 ? "server" : "servers")} {(behind.Count == 1 ? "is" : "are")} not current: {Some(behind, ServersTable.State)}. ";
        string hasGap = gaps.Count == 0 ? "" : $"{gaps.Count} {(gaps.Count == 1 ? "has" : "have")} missed requests: {Some(gaps, static _ => null)}. ";
        bool isBad = behind.Count == servers.Count || gaps.Count > 0 || behind.Exists(server => ServersTable.StyleOf(server) == Style.Bad);
        return new StyledLine().Add((isGone + hasGap + Means(servers, behind)).TrimEnd(), isBad ? Style.Bad : Style.Warn);
    }

    /// <summary>Requests, the ordered log, clients, bytes, memory and log.</summary>
    /// <param name="status">The answer.</param>
    /// <param name="hasAll">There is room for more than a line of each.</param>
    public static List<StyledLine> Figures(JsonPart status, bool hasAll = false)
    {
        List<StyledLine> lines = [];
        JsonPart requests = status["requests"], clients = status["clients"], bytes = status["bytes"], memory = status["memory"], log = status["log"];
        if (requests.IsThere)
        {
            Add(lines, "requests",
                FigureText.Rate(requests["rate"].Number),
                $"{FigureText.Count(requests["in_flight"].Number)} of {FigureText.Count(requests["in_flight_max"].Number)} wait",
                requests["p50_seconds"].Number is { } half ? $"p50 {FigureText.Duration(half)}" : "",
                requests["p99_seconds"].Number is { } most ? $"p99 {FigureText.Duration(most)}" : "",
                Some(requests["slow"], "slow"));
        }

        if (LogText.Line(status) is { } stream)
        {
            lines.Add(stream);
            if (hasAll)
                lines.AddRange(LogText.More(status));
        }

        if (clients.IsThere)
        {
            Add(lines, "clients",
                $"{FigureText.Count(clients["connected"].Number)} of {FigureText.Count(clients["max"].Number)}",
                Some(clients["held"], "held for want of room"),
                Some(clients["paced"], "held to request_rate"),
                Some(clients["lingering"], "lingering"),
                Some(clients["refused"], "refused"));
        }

        if (bytes.IsThere)
        {
            Add(lines, "traffic",
                $"in {FigureText.BytesRate(bytes["received_rate"].Number)}",
                $"out {FigureText.BytesRate(bytes["relayed_rate"].Number)}",
                $"({FigureText.Bytes(bytes["received"].Number)} in, {FigureText.Bytes(bytes["relayed"].Number)} out in all)");
        }

        if (memory.IsThere)
        {
            Add(lines, "memory",
                $"{FigureText.Bytes(memory["used"].Number)} of {FigureText.Bytes(memory["max"].Number)} ({FigureText.Share(memory["used"].Count, memory["max"].Count)})",
                $"backlog {FigureText.Bytes(memory["backlog"].Number)}, replies {FigureText.Bytes(memory["replies"].Number)}, requests {FigureText.Bytes(memory["requests"].Number)}");
        }

        if (log.IsThere)
        {
            Add(lines, "log",
                $"{FigureText.Bytes(log["bytes"].Number)} of {FigureText.Bytes(log["bytes_max"].Number)} ({FigureText.Share(log["bytes"].Count, log["bytes_max"].Count)})",
                $"requests {FigureText.Whole(log["first"].Number)} to {FigureText.Whole(log["next"].Number)}");
        }

        return lines;
    }

    /// <summary>Where the list of servers is from; null: there is nothing to say of it.</summary>
    public static StyledLine? List(JsonPart status)
    {
        JsonPart membership = status["membership"];
        if (!membership.IsThere)
            return null;
        List<StyledLine> lines = [];
        Add(lines, "list",
            membership["source"].Text ?? "?",
            membership["age_seconds"].Number is { } age ? $"{FigureText.Duration(age)} old" : "",
            membership["kept_from_disk"].Flag == true ? "kept from an earlier run" : "",
            membership["last_fault"].Text is { Length: > 0 } fault ? $"last fault: {fault}" : "");
        return lines[0];
    }

    private static void Add(List<StyledLine> lines, string name, params ReadOnlySpan<string> parts)
    {
        var line = new StyledLine().Add(name.PadRight(NameWidth), Style.Dim);
        bool isFirst = true;
        foreach (string part in parts)
        {
            if (part.Length == 0)
                continue;
            line.Add(isFirst ? part : "   " + part);
            isFirst = false;
        }

        lines.Add(line);
    }

    private static string Some(JsonPart count, string what) => count.Count > 0 ? $"{FigureText.Count(count.Number)} {what}" : "";

    private static string Some(List<JsonPart> servers, Func<JsonPart, string?> state)
    {
        List<string> named = servers.GetRange(0, Math.Min(Names, servers.Count)).ConvertAll(server => state(server) is { } said ? $"{server["address"].Text} ({said})" : server["address"].Text ?? "?");
        return string.Join(", ", named) + (servers.Count > Names ? $" and {servers.Count - Names} more" : "");
    }

    private static string Means(List<JsonPart> servers, List<JsonPart> behind)
    {
        bool someVote = servers.Exists(server => server["votes"].Flag == true), isKnown = servers.Exists(server => server["votes"].Flag is not null);
        double full = double.PositiveInfinity;
        foreach (JsonPart server in behind)
            full = Math.Min(full, server["overflow_seconds"].Number ?? full);
        string kept = double.IsFinite(full) ? $"what is missed is kept for {FigureText.Duration(full)} more"
            : behind.Count > 0 ? "what is missed is kept" : "";
        string answered = !isKnown ? "" : someVote ? "clients are answered" : "no server answers clients";
        string both = answered.Length > 0 && kept.Length > 0 ? $"{answered}; {kept}" : answered + kept;
        return both.Length == 0 ? "" : char.ToUpperInvariant(both[0]) + both[1..] + ".";
    }
}
