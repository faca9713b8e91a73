namespace Dynode.Native.Control;

/// <summary>The servers of a /status: how far behind each is, and when it will have caught up. Columns in the order of what is asked first: a narrow screen cuts the last.</summary>
internal static class ServersTable
{
    public static Table Of(List<JsonPart> servers)
    {
        bool hasLog = servers.Exists(static server => server["place"].IsThere);
        string[] inLog = hasLog ? [">AT", ">ENTRIES BEHIND"] : [];
        var table = new Table(["SERVER", "STATE", ">BEHIND", ">BYTES", ">AGE", ">CATCH UP", ">FULL IN", .. inLog, ">FOR", "NOTE"]);
        foreach (JsonPart server in servers)
        {
            Style style = StyleOf(server);
            JsonPart lag = server["lag"];
            StyledLine row = table.Row()
                .Add(Name(server), Style.Bold)
                .Add(State(server), style)
                .Add(FigureText.Count(lag["requests"].Number), Of(lag["requests"].Count))
                .Add(FigureText.Bytes(lag["bytes"].Number), Of(lag["bytes"].Count))
                .Add(FigureText.Duration(lag["seconds"].Number), Of(lag["seconds"].Count))
                .Add(CatchUp(server), server["catch_up_seconds"].Number < 0 ? Style.Bad : Style.Plain)
                .Add(FigureText.Duration(server["overflow_seconds"].Number), server["overflow_seconds"].Number < 900 ? Style.Bad : Style.Warn);
            if (hasLog)
                row.Add(FigureText.Whole(server["place"]["number"].Number)).Add(FigureText.Count(server["place"]["lag"].Number), Of(server["place"]["lag"].Count));
            row.Add(FigureText.Duration(server["since_seconds"].Number))
                .Add(Note(server), style == Style.Good ? Style.Warn : style);
        }

        return table;
    }

    /// <summary>With a star: clients are answered by it. With tls: it is spoken to so.</summary>
    public static string Name(JsonPart server) => (server["address"].Text ?? "?") + (server["primary"].Flag == true ? " *" : "") + (server["tls"].Flag == true ? " tls" : "");

    public static string State(JsonPart server) => server["state"].Text?.Replace('_', ' ') ?? "?";

    public static Style StyleOf(JsonPart server) => server["state"].Raw switch
    {
        "current" => server["gap"].IsThere ? Style.Warn : Style.Good,
        "catching_up" or "connecting" or "disabled" or "retiring" => Style.Warn,
        _ => Style.Bad,
    };

    /// <summary>What no column has: orders, gaps, losses, the last error.</summary>
    public static string Note(JsonPart server)
    {
        List<string> notes = [];
        if (LogText.Owner(server) is { Length: > 0 } owner)
            notes.Add(owner);
        string state = server["state"].Raw ?? "";
        if (server["order"].Raw is { } order && order != "enabled" && order != state)
            notes.Add($"ordered: {server["order"].Text}");
        if (server["gap"].IsThere)
            notes.Add(Gap(server));
        else if (state == "current" && server["votes"].Flag == false)
            notes.Add("does not vote");
        if (server["dropped"]["requests"].Count > 0)
            notes.Add($"dropped {FigureText.Count(server["dropped"]["requests"].Number)}");
        else if (server["dropped"]["bytes"].Count > 0)
            notes.Add($"dropped {FigureText.Bytes(server["dropped"]["bytes"].Number)}");
        if (server["divergences"].Count > 0)
            notes.Add($"diverged {FigureText.Count(server["divergences"].Number)} times");
        if (state != "current" && server["last_error"].Text is { Length: > 0 } error)
            notes.Add(error);
        if (server["next_attempt_seconds"].Number is { } next)
            notes.Add($"tried again in {FigureText.Duration(Math.Max(0, next))}");
        return string.Join("; ", notes);
    }

    /// <summary>Why a server misses something, and from where on.</summary>
    public static string Gap(JsonPart server)
    {
        JsonPart gap = server["gap"];
        string reason = gap["reason"].Text ?? "unknown";
        string closing = gap["closing"].Flag == true ? ", being closed" : "";
        return gap["first"].Number is { } first ? $"gap: {reason}, from request {FigureText.Whole(first)} on{closing}" : $"gap: {reason}{closing}";
    }

    private static string CatchUp(JsonPart server) => server["catch_up_seconds"].Number is < 0 ? "never" : FigureText.Duration(server["catch_up_seconds"].Number);

    private static Style Of(double behind) => behind > 0 ? Style.Warn : Style.Dim;
}
