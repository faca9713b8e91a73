using System.Text;

namespace Dynode.Native.Control;

/// <summary>What a verb that only reads asks, and how the answer is shown.</summary>
/// <param name="Target">Path and query.</param>
/// <param name="View">For people; null: the answer is text for people already.</param>
internal sealed record Question(string Target, Func<JsonPart, List<StyledLine>>? View);

/// <summary>The verbs that read: asked once, or again each second.</summary>
internal static class ReadVerb
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    /// <summary>Asks, and prints.</summary>
    /// <param name="client">Whom.</param>
    /// <param name="question">What.</param>
    /// <param name="isJson">The answer's bytes as they are.</param>
    /// <param name="isWatch">Again each second, until somebody ends it.</param>
    /// <param name="display">Where to.</param>
    public static int Run(ControlClient client, Question question, bool isJson, bool isWatch, Display display)
    {
        ControlAnswer answer = client.Get(question.Target);
        int status = Show(client.Place, question, answer, isJson, isWatch, display);
        if (!isWatch || status != VerbStatus.Good)
            return status;
        using var pace = new Pace(Period, TimeProvider.System);
        while (!display.IsOver)
        {
            pace.Wait();
            answer = client.Get(question.Target);
            if (!isJson && !display.HasCursor && answer.IsGood)
                display.Output.WriteLine();

            // One that was restarted is back in a moment; whoever is no longer trusted, or has taken back what was allowed, is another thing.
            status = Show(client.Place, question, answer, isJson, isWatch, display);
            if (status is not (VerbStatus.Good or VerbStatus.Unavailable))
                return status;
        }

        return VerbStatus.Good;
    }

    private static int Show(ControlPlace place, Question question, ControlAnswer answer, bool isJson, bool isWatch, Display display)
    {
        if (!answer.IsGood)
            return Verdict.Of(answer, place, display);
        if (isJson || question.View is not { } view)
        {
            // A terminal is shown no control: one in a JSON text means the same escaped.
            string text = Encoding.UTF8.GetString(answer.Body);
            display.Output.Write(display.IsTerminal ? Escaped.Lines(text) : text);
            return VerbStatus.Good;
        }

        JsonPart root = JsonPart.Parse(answer.Body);
        if (root["schema"].Number is null)
            return Verdict.Strange(place, display);
        if (isWatch && display.HasCursor)
            display.PrintOver(view(root));
        else
            display.Print(view(root));
        return VerbStatus.Good;
    }
}
