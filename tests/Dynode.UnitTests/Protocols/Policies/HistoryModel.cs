using Dynode.Protocols.Policies;

namespace Dynode.UnitTests.Protocols.Policies;

/// <summary>What one voter did: <c>a</c> and <c>b</c> are replies, <c>e</c> and <c>f</c> errors, <c>-</c> a withdrawal.</summary>
internal readonly record struct Event(int Voter, char What)
{
    public const string Kinds = "abef-";

    public bool Spoke => What != '-';

    public bool Good => What is 'a' or 'b';
}

/// <summary>What a client gets in the end. Where the sentence does not say whose reply it is, only what it says counts.</summary>
internal readonly record struct Outcome(PolicyAction Action, int Voter = -1, string Says = "");

/// <summary>
/// The policies once more, each as its one sentence about a history in which every voter has done something, in the order in
/// which they did. It knows no table of votes and no way to answer early: when a policy may answer follows from whether
/// all that can still happen ends alike.
/// </summary>
internal static class HistoryModel
{
    public delegate Outcome Sentence(IReadOnlyList<Event> history, int configured);

    /// <summary>One reply per server, in list order, an error in the place of each that did not vote or withdrew.</summary>
    public static Outcome All(IReadOnlyList<Event> history, int configured)
    {
        char[] places = new string('-', configured).ToCharArray();
        foreach (Event e in history) places[e.Voter] = e.What;
        return new Outcome(PolicyAction.AnswerAll, Says: new string(places));
    }

    /// <summary>The first reply that is no error; if all are errors or gone, the last.</summary>
    public static Outcome Fastest(IReadOnlyList<Event> history, int configured)
    {
        foreach (Event e in history)
        {
            if (e.Good) return Answer(e);
        }

        foreach (Event e in Enumerable.Reverse(history))
        {
            if (e.Spoke) return Answer(e);
        }

        return new Outcome(PolicyAction.NobodyLeft);
    }

    /// <summary>The first voter in list order; if it withdraws, the next.</summary>
    public static Outcome Primary(IReadOnlyList<Event> history, int configured)
    {
        foreach (Event e in history.OrderBy(e => e.Voter))
        {
            if (e.Spoke) return Answer(e);
        }

        return new Outcome(PolicyAction.NobodyLeft);
    }

    /// <summary>What more than half of the servers configured gave alike; else the error, saying how they split.</summary>
    public static Outcome Majority(IReadOnlyList<Event> history, int configured)
    {
        if (history.Count == 0) return new Outcome(PolicyAction.NobodyLeft);
        foreach (char kind in Event.Kinds)
        {
            if (kind != '-' && history.Count(e => e.What == kind) > configured / 2.0) return new Outcome(PolicyAction.Answer, Says: kind.ToString());
        }

        return new Outcome(PolicyAction.Split);
    }

    /// <summary>The first error in list order, a voter gone counts as one; else the first voter's.</summary>
    public static Outcome Every(IReadOnlyList<Event> history, int configured)
    {
        Event? first = null;
        foreach (Event e in history.OrderBy(e => e.Voter))
        {
            first ??= e;
            if (!e.Spoke) return new Outcome(PolicyAction.NobodyLeft, e.Voter);
            if (!e.Good) return Answer(e);
        }

        return first is { } one ? Answer(one) : new Outcome(PolicyAction.NobodyLeft);
    }

    /// <summary>Nothing.</summary>
    public static Outcome None(IReadOnlyList<Event> history, int configured) => new(PolicyAction.Silence);

    private static Outcome Answer(Event e) => new(PolicyAction.Answer, e.Voter, e.What.ToString());
}
