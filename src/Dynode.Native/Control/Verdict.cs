using System.Globalization;

namespace Dynode.Native.Control;

/// <summary>What an answer, or its absence, means for whoever typed the verb: a sentence and a status.</summary>
internal static class Verdict
{
    private const int PortsMax = 4;

    /// <summary>Of what is no good answer; the sentence has been said.</summary>
    /// <param name="answer">It.</param>
    /// <param name="place">Of whom.</param>
    /// <param name="display">Takes the sentence.</param>
    /// <param name="isOrder">Something was to be changed.</param>
    public static int Of(ControlAnswer answer, ControlPlace place, Display display, bool isOrder = false)
    {
        string who = $"the broadcaster {place.Said}";
        switch (answer.Outcome)
        {
            case AskOutcome.NoneRuns:
                display.Complain($"no answer from {who}: {answer.Fault}{place.Hint}{Elsewhere(place)}");
                return VerbStatus.Unavailable;
            case AskOutcome.NotTrusted:
                display.Complain($"nothing was said to {who}: {answer.Fault}");
                return VerbStatus.NotAllowed;
            case AskOutcome.NotLetIn:
                display.Complain($"{who} does not allow it: {answer.Fault}");
                return VerbStatus.NotAllowed;
            case AskOutcome.NoAnswer:
                display.Complain($"no answer from {who}: {answer.Fault}{(isOrder ? "; it is not known whether the order was carried out" : "")}");
                return VerbStatus.Unavailable;
        }

        string said = Error(answer);
        switch (answer.Status)
        {
            case 401 or 403:
                display.Complain($"{who} does not allow it: {said}");
                return VerbStatus.NotAllowed;
            case >= 400 and < 500:
                display.Complain($"{who} says no: {said}");
                return VerbStatus.No;
            default:
                display.Complain($"{who} cannot answer: {said}");
                return VerbStatus.Unavailable;
        }
    }

    /// <summary>For an answer that is no broadcaster's.</summary>
    public static int Strange(ControlPlace place, Display display)
    {
        display.Complain($"who answers {place.Said} is no broadcaster");
        return VerbStatus.Unavailable;
    }

    /// <summary>Why not, in the broadcaster's words.</summary>
    public static string Error(ControlAnswer answer)
    {
        const int charactersMax = 400;
        string status = string.Create(CultureInfo.InvariantCulture, $"HTTP {answer.Status}");
        if (JsonPart.Parse(answer.Body)["error"].Text is { Length: > 0 } error)
            return error;
        string text = Escaped.Text(System.Text.Encoding.UTF8.GetString(answer.Body).Trim());
        return text.Length is 0 or > charactersMax ? status : $"{text} ({status})";
    }

    // Whoever looks for one on the wrong port is told of the right one.
    private static string Elsewhere(ControlPlace place)
    {
        if (place is not { IsUnix: true, Path: null })
            return "";
        List<string> ports = PlaceFinder.Ports().FindAll(port => port != place.Port).ConvertAll(static port => FigureText.Whole(port));
        return ports.Count == 0 ? "" : $"; there is one on port {string.Join(" and on port ", ports.GetRange(0, Math.Min(PortsMax, ports.Count)))}";
    }
}
