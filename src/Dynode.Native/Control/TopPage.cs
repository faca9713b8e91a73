namespace Dynode.Native.Control;

/// <summary>The full screen's lines for a terminal of any size: head, servers, clients, keys. Pure.</summary>
internal static class TopPage
{
    /// <summary>What is older than this is told of: once a second it should be new.</summary>
    private static readonly TimeSpan Old = TimeSpan.FromSeconds(3);

    /// <summary>Exactly <paramref name="rows"/> lines.</summary>
    /// <param name="sample">What is known.</param>
    /// <param name="choice">What was chosen.</param>
    /// <param name="age">How long ago the sample came.</param>
    /// <param name="columns">The terminal's.</param>
    /// <param name="rows">The terminal's.</param>
    public static List<StyledLine> Lines(TopSample sample, TopChoice choice, TimeSpan age, int columns, int rows)
    {
        List<StyledLine> lines = [StatusText.Head(sample.Status), Notice(sample, choice, age)];
        int body = Math.Max(0, rows - 1);
        int servers = 1 + sample.Status["servers"].Items.Count;

        // The figures give way to the servers where there is no room for both, the last first.
        List<StyledLine> figures = StatusText.Figures(sample.Status);
        lines.AddRange(figures.GetRange(0, Math.Clamp(body - lines.Count - 1 - Math.Min(servers, 4), 0, figures.Count)));
        lines.Add(new StyledLine());
        int left = Math.Max(0, body - lines.Count);
        Table? clients = choice.HasClients && sample.ClientsFault is null ? Views.ClientsTable(sample.Clients) : null;
        int wanted = !choice.HasClients ? 0 : 2 + Math.Max(1, clients?.Count ?? 1);
        int forServers = Math.Min(servers, Math.Max(left - wanted, (left + 1) / 2));
        lines.AddRange(Cut(ServersTable.Of(Sorted(sample.Status, choice.IsByLag || forServers < servers)).Lines(Style.Reverse, columns), forServers, "servers"));
        left = body - lines.Count - 1;
        if (choice.HasClients && left > 1)
        {
            lines.Add(new StyledLine());
            List<StyledLine> table = clients?.Lines(Style.Reverse, columns) ?? [new StyledLine().Add($"clients: {sample.ClientsFault}", Style.Warn)];
            lines.AddRange(Cut(table, left, "clients"));
        }

        while (lines.Count < body)
            lines.Add(new StyledLine());
        lines.RemoveRange(body, lines.Count - body);
        if (rows > 0)
            lines.Add(Keys(choice));
        return lines;
    }

    private static StyledLine Notice(TopSample sample, TopChoice choice, TimeSpan age)
    {
        string shown = $"what is shown is {FigureText.Duration(Math.Floor(age.TotalSeconds))} old";
        return sample.Fault is { } fault ? new StyledLine().Add($"NO ANSWER: {fault}; {shown}", Style.Bad)
            : choice.IsPaused ? new StyledLine().Add($"PAUSED: {shown}", Style.Warn)
            : age > Old ? new StyledLine().Add($"NO ANSWER yet; {shown}", Style.Bad)
            : StatusText.Sentence(sample.Status);
    }

    // Who is in trouble must not be who is cut.
    private static List<JsonPart> Sorted(JsonPart status, bool isByLag)
    {
        List<JsonPart> servers = status["servers"].Items;
        if (isByLag)
        {
            List<JsonPart> asListed = [.. servers];
            servers.Sort((one, other) => Behind(one).CompareTo(Behind(other)) is not 0 and var order ? -order : asListed.IndexOf(one) - asListed.IndexOf(other));
        }

        return servers;
    }

    /// <summary>Who is not current is further behind than whoever is.</summary>
    private static double Behind(JsonPart server) => server["lag"]["bytes"].Count + (server["state"].Raw == "current" ? 0 : 1e18);

    private static List<StyledLine> Cut(List<StyledLine> table, int rows, string what)
    {
        if (table.Count <= rows)
            return table;
        List<StyledLine> lines = table.GetRange(0, Math.Max(0, rows - 1));
        if (rows > 0)
            lines.Add(new StyledLine().Add($"and {FigureText.Whole(table.Count - lines.Count)} {what} more", Style.Dim));
        return lines;
    }

    private static StyledLine Keys(TopChoice choice)
    {
        var line = new StyledLine();
        Key(line, "s", choice.HasClients ? $"sort clients: {choice.Sort}" : $"sort servers: {(choice.IsByLag ? "lag" : "list")}");
        Key(line, "c", choice.HasClients ? "hide clients" : "show clients");
        Key(line, "p", choice.IsPaused ? "go on" : "pause");
        Key(line, "q", "quit");
        return line;
    }

    private static void Key(StyledLine line, string key, string what) => line.Add(key, Style.Bold).Add($" {what}   ");
}
