using System.Runtime.InteropServices;
using Dynode.Native.Configuration;

namespace Dynode.Native.Control;

/// <summary>The verbs that change something. Each order is sent once; what became of it is the broadcaster's own sentence.</summary>
internal static partial class OrderVerb
{
    /// <summary>For what takes effect between two turns.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>For what is to be written where the next broadcaster looks: that takes at most ten seconds, and is answered behind it.</summary>
    public static readonly TimeSpan GapPatience = TimeSpan.FromSeconds(30);

    /// <summary>For a configuration that is read and judged anew.</summary>
    public static readonly TimeSpan ReloadPatience = TimeSpan.FromSeconds(60);

    private const int Hangup = 1;

    /// <summary>Gives an order.</summary>
    /// <param name="client">To whom.</param>
    /// <param name="target">Path and query, escaped.</param>
    /// <param name="patience">How long it may take.</param>
    /// <param name="display">Where to.</param>
    /// <param name="isJson">The answer is printed as it is; why it is no is said all the same.</param>
    public static int Run(ControlClient client, string target, TimeSpan patience, Display display, bool isJson = false)
    {
        ControlAnswer answer = client.Post(target, patience);
        if (!isJson || answer.Outcome != AskOutcome.Answered)
            return Show(answer, client.Place, display);
        string text = System.Text.Encoding.UTF8.GetString(answer.Body);
        display.Output.Write(display.IsTerminal ? Escaped.Lines(text) : text);
        return answer.IsGood ? VerbStatus.Good : Show(answer, client.Place, display);
    }

    /// <summary>
    /// Has the configuration read again, and says what is wrong with it, as a signal cannot. Where there is no control socket and a service
    /// manager has said which process it is, the configuration is judged here and the process told by a signal.
    /// </summary>
    /// <param name="client">Whom.</param>
    /// <param name="mainPid">The process; null: not known.</param>
    /// <param name="places">As the broadcaster's.</param>
    /// <param name="display">Where to.</param>
    public static int Reload(ControlClient client, int? mainPid, ConfigurationPlaces places, Display display)
    {
        ControlAnswer answer = client.Post("/reload", ReloadPatience);
        if (answer is not { Outcome: AskOutcome.NoneRuns } || mainPid is not { } pid || client.Place.TakesToken)
            return Show(answer, client.Place, display);
        if (places.File is not null && ConfigurationLoader.Read(places) is { Settings: null } reading)
        {
            foreach (ConfigurationFault fault in reading.Faults)
                display.Error.WriteLine(fault.ToString());
            display.Complain("the configuration was not taken");
            return VerbStatus.Configuration;
        }

        if (Kill(pid, Hangup) != 0)
            return Verdict.Of(answer, client.Place, display, isOrder: true);
        display.Output.WriteLine($"process {pid} was told by a signal, for it has no control socket; its log says what became of it");
        return VerbStatus.Good;
    }

    private static int Show(ControlAnswer answer, ControlPlace place, Display display)
    {
        JsonPart root = JsonPart.Parse(answer.Body);
        if (answer is { Outcome: AskOutcome.Answered, Status: 422 })
        {
            foreach (JsonPart fault in root["faults"].Items)
                display.Error.WriteLine(fault.Text);
            display.Complain(Verdict.Error(answer));
            return VerbStatus.Configuration;
        }

        if (answer is { Outcome: AskOutcome.Answered, Status: 507 or 504 })
        {
            // It is in force, or may be: whoever reads the status alone must see that it is not as it was ordered.
            display.Complain(Verdict.Error(answer));
            return VerbStatus.No;
        }

        if (!answer.IsGood)
            return Verdict.Of(answer, place, display, isOrder: true);
        if (root["text"].Text is not { } text)
            return Verdict.Strange(place, display);
        display.Output.WriteLine(text);
        return VerbStatus.Good;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int pid, int signal);
}
