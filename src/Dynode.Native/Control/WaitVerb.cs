namespace Dynode.Native.Control;

/// <summary>What is waited for.</summary>
/// <param name="server">That it is current; null: that clients are let in.</param>
internal sealed class Wish(string? server)
{
    public string? Server => server;

    /// <summary>All servers.</summary>
    public const string All = "all";
}

/// <summary>
/// Asks until something is so: for scripts that restart one server after the other. What was sampled before the verb was typed is no
/// answer: it may tell of the server as it was before its restart.
/// </summary>
internal static class WaitVerb
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(0.2);

    /// <summary>Waits.</summary>
    /// <param name="client">Whom it asks.</param>
    /// <param name="wish">For what.</param>
    /// <param name="limit">How long; null: as long as it can still become so.</param>
    /// <param name="display">Where to.</param>
    /// <param name="time">The clock.</param>
    public static int Run(ControlClient client, Wish wish, TimeSpan? limit, Display display, TimeProvider time)
    {
        using var pace = new Pace(Period, time);
        long begin = time.GetTimestamp();
        while (true)
        {
            TimeSpan asked = time.GetElapsedTime(begin);
            ControlAnswer answer = client.Get("/status");
            bool isLate = limit is { } most && time.GetElapsedTime(begin) >= most;
            if (!answer.IsGood)
            {
                // With a limit one that is not there yet, or is restarting, is waited for; without one that might be for ever.
                bool mayCome = answer.Outcome is AskOutcome.NoneRuns or AskOutcome.NoAnswer || answer is { Outcome: AskOutcome.Answered, Status: >= 500 };
                if (!mayCome || limit is null || isLate)
                    return Verdict.Of(answer, client.Place, display);
            }
            else
            {
                JsonPart status = JsonPart.Parse(answer.Body);
                if (status["schema"].Number is null)
                    return Verdict.Strange(client.Place, display);
                bool isNew = status["sampled_seconds_ago"].Number is not { } age || age <= asked.TotalSeconds || limit == TimeSpan.Zero;
                Finding found = Finding.Of(status, wish);
                if (found.IsSo && isNew)
                    return Good(found, display);
                if (isLate || (limit is null && isNew && !found.MayBecome))
                {
                    display.Complain(found.IsSo ? $"{found.Text}, but that was seen before this was asked" : found.Text);
                    return VerbStatus.No;
                }
            }

            pace.Wait();
        }
    }

    private static int Good(Finding found, Display display)
    {
        display.Output.WriteLine(found.Text);
        foreach (string gap in found.Gaps)
            display.Complain(gap);
        return VerbStatus.Good;
    }
}

/// <summary>Whether what was wished is so, by one /status. Pure.</summary>
/// <param name="isSo">It is.</param>
/// <param name="mayBecome">Without anybody doing anything about it.</param>
/// <param name="text">What is so, or what is not.</param>
/// <param name="gaps">Servers that are current and have missed something all the same.</param>
internal sealed class Finding(bool isSo, bool mayBecome, string text, List<string> gaps)
{
    public bool IsSo => isSo;

    public bool MayBecome => mayBecome;

    public string Text => text;

    public List<string> Gaps => gaps;

    public static Finding Of(JsonPart status, Wish wish)
    {
        if (wish.Server is not { } wished)
        {
            string reasons = string.Join("; ", status["not_ready"].Items.ConvertAll(reason => reason.Text));
            return status["ready"].Flag == true
                ? new(true, true, "ready", [])
                : new(false, status["state"].Raw != "draining", $"it is not ready{(reasons.Length > 0 ? $": {reasons}" : "")}", []);
        }

        // One that retires is a server no more.
        List<JsonPart> servers = status["servers"].Items.FindAll(server => server["state"].Raw != "retiring" && (wished == Wish.All || server["address"].Raw == wished));
        if (servers.Count == 0)
            return new(false, false, wished == Wish.All ? "there are no servers" : $"no server {Escaped.Text(wished)} is known", []);
        List<JsonPart> others = servers.FindAll(server => server["state"].Raw != "current");
        List<string> gaps = servers.FindAll(server => server["gap"].IsThere).ConvertAll(server => $"{server["address"].Text} has a {ServersTable.Gap(server)}");
        if (others.Count > 0)
            return new(false, true, string.Join("; ", others.ConvertAll(Describe)), gaps);
        return new(true, true, wished != Wish.All ? $"{servers[0]["address"].Text} is current" : servers.Count == 1 ? "the only server is current" : $"all {servers.Count} servers are current", gaps);
    }

    private static string Describe(JsonPart server)
    {
        string note = ServersTable.Note(server);
        return $"{server["address"].Text} is {ServersTable.State(server)}{(note.Length > 0 ? $" ({note})" : "")}";
    }
}
