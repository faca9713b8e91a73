namespace Dynode.Native.Control;

/// <summary>The ordered log of a /status for people: nothing where there is none. Pure.</summary>
internal static class LogText
{
    /// <summary>More are a list that nobody reads.</summary>
    private const int BesideMax = 8;

    /// <summary>How it stands, in one line: whether it is read, how far it has come, what is on its way, how long a place takes; null: there is none.</summary>
    public static StyledLine? Line(JsonPart status)
    {
        JsonPart log = status["ordered_log"];
        if (!log.IsThere)
            return null;
        string state = log["state"].Text?.Replace('_', ' ') ?? "?";
        bool isRead = log["state"].Raw == "reading";
        string stream = log["stream"].Text is { Length: > 0 } name ? $" {name}" : "";
        var line = new StyledLine().Add("stream".PadRight(StatusText.NameWidth), Style.Dim)
            .Add(isRead ? $"reads{stream}" : log["stands_still"].Flag == true ? $"stands still: {state}" : state, isRead ? Style.Good : Style.Bad);
        Part(line, $"at {FigureText.Whole(log["last"].Number)}");
        Part(line, log["lag"].Count > 0 ? $"{FigureText.Count(log["lag"].Number)} without a place" : "", Style.Warn);
        Part(line, log["waiting"].Count > 0 ? $"{FigureText.Count(log["waiting"].Number)} wait" : "");
        Part(line, $"{FigureText.Whole(log["in_flight"].Number)} of {FigureText.Whole(log["in_flight_max"].Number)} in flight");
        Part(line, log["place_p50_seconds"].Number is { } half ? $"placed p50 {FigureText.Duration(half)}" : "");
        Part(line, log["place_p99_seconds"].Number is { } most ? $"p99 {FigureText.Duration(most)}" : "");
        Part(line, log["leader"].Text is { Length: > 0 } leader ? $"leader {leader}" : "");
        Part(line, log["round_trip_seconds"].Number is { } trip ? $"round trip {FigureText.Duration(trip)}" : "");
        Part(line, log["living"].Items is { Count: > 0 } living ? $"{living.Count} beside it" : "");
        return line;
    }

    /// <summary>Below it: why it is not read, what it was asked at, what went wrong since the start; none where there is nothing to say.</summary>
    public static List<StyledLine> More(JsonPart status)
    {
        JsonPart log = status["ordered_log"];
        List<StyledLine> lines = [];
        if (log["why"].Text is { Length: > 0 } why)
            lines.Add(Begin().Add(why, Style.Bad));
        if (log["refusal"].Text is { Length: > 0 } refusal)
            lines.Add(Begin().Add($"takes nothing that is published: {refusal}", Style.Bad));
        if (log["where"].Text is { Length: > 0 } where)
            lines.Add(Begin().Add(where, Style.Dim));
        if (log["others"].Text is { Length: > 0 } others)
            lines.Add(Begin().Add(others, Style.Bad));
        lines.AddRange(Beside(log["living"].Items));
        JsonPart away = log["turned_away"];
        (double Count, string What)[] wrong =
        [
            (log["not_kept"].Count, "not kept"),
            (log["unknown"].Count, "unknown"),
            (log["sent_again"].Count, "sent again"),
            (away["doubled"].Count + away["hole"].Count + away["closed"].Count, "turned away"),
            (log["damaged"].Count, "damaged"),
            (log["overtaken"].Count, "times overtaken"),
            (log["leader_changes"].Count, log["leader_changes"].Count == 1 ? "change of leader" : "changes of leader"),
        ];
        List<string> said = [];
        foreach (var (count, what) in wrong)
        {
            if (count > 0)
                said.Add($"{FigureText.Count(count)} {what}");
        }

        if (said.Count > 0)
            lines.Add(Begin().Add("so far: " + string.Join(", ", said), log["not_kept"].Count + log["unknown"].Count > 0 ? Style.Warn : Style.Plain));
        return lines;
    }

    /// <summary>The other broadcasters that live, a line of each.</summary>
    private static List<StyledLine> Beside(List<JsonPart> living)
    {
        List<StyledLine> lines = [];
        foreach (JsonPart one in living.GetRange(0, Math.Min(BesideMax, living.Count)))
        {
            string lists = one["servers"].Number is { } count ? $", lists {FigureText.Count(count)} {(count == 1 ? "server" : "servers")}" : "";
            string proven = one["proven"].Flag == true ? "" : ", not seen to live yet";
            lines.Add(Begin().Add($"beside it: {one["who"].Text}{lists}{proven}", Style.Dim));
        }

        if (living.Count > BesideMax)
            lines.Add(Begin().Add($"and {FigureText.Count(living.Count - BesideMax)} more", Style.Dim));
        return lines;
    }

    /// <summary>Of a server that is not this broadcaster's: whose it is; empty: it is, or there is no ordered log.</summary>
    public static string Owner(JsonPart server)
    {
        JsonPart place = server["place"];
        string who = place["who"].Text is { Length: > 0 } text ? $": {text}" : "";
        return place["claim"].Raw switch
        {
            "taken" => $"another broadcaster's{who}",
            "lost" => $"taken by another broadcaster{who}",
            "asked" => $"it is not known yet whose it is{who}",
            _ => "",
        };
    }

    private static StyledLine Begin() => new StyledLine().Add(new string(' ', StatusText.NameWidth));

    private static void Part(StyledLine line, string text, Style style = Style.Plain)
    {
        if (text.Length > 0)
            line.Add("   ").Add(text, style);
    }
}
