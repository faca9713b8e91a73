namespace Dynode.Native.Control;

/// <summary>Each answer as a person reads it: JSON in, lines out. Pure.</summary>
internal static class Views
{
    private const int EventsShown = 5;

    private static StyledLine Blank => new();

    public static List<StyledLine> Status(JsonPart status)
    {
        List<StyledLine> lines = [StatusText.Head(status), StatusText.Sentence(status), .. StatusText.Figures(status, hasAll: true)];
        if (StatusText.List(status) is { } list)
            lines.Add(list);
        lines.Add(Blank);
        lines.AddRange(Servers(status));
        List<JsonPart> events = status["events"].Items;
        events = events.GetRange(0, Math.Min(EventsShown, events.Count));
        if (events.Count > 0)
        {
            lines.Add(Blank);
            lines.AddRange(EventLines(events));
        }

        return lines;
    }

    public static List<StyledLine> Servers(JsonPart status) => ServersTable.Of(status["servers"].Items).Lines();

    public static List<StyledLine> Clients(JsonPart answer)
    {
        Table table = ClientsTable(answer);
        List<StyledLine> lines = table.Lines();
        if (answer["total"].Number is { } total && total > table.Count)
            lines.Add(new StyledLine().Add($"{FigureText.Count(table.Count)} of {FigureText.Count(total)} clients; --limit N shows more", Style.Dim));
        return lines;
    }

    public static Table ClientsTable(JsonPart answer)
    {
        var table = new Table(">CLIENT", "ADDRESS", ">FOR", ">REQUESTS", ">OWED", ">OWED BYTES", ">RECEIVED", ">RELAYED", "NOTE");
        foreach (JsonPart client in answer["clients"].Items)
        {
            table.Row()
                .Add(Number(client["id"]), Style.Bold)
                .Add(client["address"].Text ?? "?")
                .Add(FigureText.Duration(client["age_seconds"].Number))
                .Add(FigureText.Count(client["requests"].Number))
                .Add(FigureText.Count(client["owed_requests"].Number), client["owed_requests"].Count > 0 ? Style.Warn : Style.Dim)
                .Add(FigureText.Bytes(client["owed_bytes"].Number), client["owed_bytes"].Count > 0 ? Style.Warn : Style.Dim)
                .Add(FigureText.Bytes(client["received_bytes"].Number))
                .Add(FigureText.Bytes(client["relayed_bytes"].Number))
                .Add(client["held"].Flag == true ? "held" : "", Style.Warn);
        }

        return table;
    }

    public static List<StyledLine> SlowLog(JsonPart answer)
    {
        var table = new Table("TIME", ">TOOK", ">REQUEST", "VERB", ">BYTES", "CLIENT", "WAITED FOR", "KEY");
        foreach (JsonPart entry in answer["entries"].Items)
        {
            table.Row()
                .Add(Time(entry["time"]), Style.Dim)
                .Add(FigureText.Duration(entry["seconds"].Number), Style.Warn)
                .Add(Number(entry["number"]))
                .Add(entry["verb"].Text ?? FigureText.None, Style.Bold)
                .Add(FigureText.Bytes(entry["bytes"].Number))
                .Add(entry["client"].Text ?? FigureText.None)
                .Add(entry["waited_for"].Text ?? FigureText.None)
                .Add(entry["key"].Text ?? FigureText.None);
        }

        if (table.Count > 0)
            return table.Lines();
        string least = answer["slow_request_seconds"].Number is { } seconds ? $" No request has taken {FigureText.Duration(seconds)} or longer." : "";
        return [new StyledLine().Add($"Nothing is in the slow log.{least}")];
    }

    public static List<StyledLine> Events(JsonPart answer)
    {
        List<JsonPart> events = answer["events"].Items;
        return events.Count == 0 ? [new StyledLine().Add("Nothing has been warned of.")] : EventLines(events);
    }

    public static List<StyledLine> Configuration(JsonPart answer)
    {
        var table = new Table("KEY", "SOURCE", "VALUE");
        foreach (JsonPart key in answer["keys"].Items)
        {
            Style style = key["set"].Flag == true ? Style.Bold : Style.Dim;
            table.Row()
                .Add(key["name"].Text ?? "?", style)
                .Add(key["source"].Text ?? "?", Style.Dim)
                .Add(key["value"].Text is { Length: > 0 } value ? value : "(empty)", style);
        }

        return table.Lines();
    }

    public static List<StyledLine> Gaps(JsonPart status)
    {
        if (status["protocol"].Raw == "raw")
            return [new StyledLine().Add("protocol=raw knows of no gaps: it cannot tell where a request begins. Dropped bytes are counted: dynode servers")];
        var table = new Table("SERVER", "REASON", ">FIRST MISSING", ">DROPPED", "STATE");
        foreach (JsonPart server in status["servers"].Items.FindAll(server => server["gap"].IsThere))
        {
            table.Row()
                .Add(server["address"].Text ?? "?", Style.Bold)
                .Add(server["gap"]["reason"].Text ?? "unknown", Style.Bad)
                .Add(Number(server["gap"]["first"]))
                .Add(FigureText.Count(server["dropped"]["requests"].Number))
                .Add(ServersTable.State(server), ServersTable.StyleOf(server));
        }

        if (table.Count == 0)
            return [new StyledLine().Add("No server has a gap.", Style.Good)];
        List<StyledLine> lines = table.Lines();
        lines.Add(new StyledLine().Add("Made equal by hand? dynode gaps close ADDRESS", Style.Dim));
        return lines;
    }

    private static List<StyledLine> EventLines(List<JsonPart> events)
    {
        var table = new Table("TIME", "LEVEL", ">EVENT", "TEXT");
        foreach (JsonPart one in events)
        {
            table.Row()
                .Add(Time(one["time"]), Style.Dim)
                .Add(one["level"].Text ?? "?", one["level"].Raw is "ERROR" or "CRITICAL" ? Style.Bad : Style.Warn)
                .Add(Number(one["id"]), Style.Dim)
                .Add(one["text"].Text ?? "");
        }

        return table.Lines();
    }

    /// <summary>2026-11-28 20:00:00Z: the broadcaster's own, which is UTC; its milliseconds are for machines.</summary>
    private static string Time(JsonPart time)
    {
        string text = time.Text ?? FigureText.None;
        int point = text.IndexOf('.', StringComparison.Ordinal);
        return point < 0 || !text.EndsWith('Z') ? text : text[..point].Replace('T', ' ') + "Z";
    }

    private static string Number(JsonPart number) => FigureText.Whole(number.Number);
}
