using Dynode.Native.Hosting.Logging;

namespace Dynode.Native.Control;

/// <summary>Where a verb's words go, and what may be done there.</summary>
/// <param name="output">For what was asked.</param>
/// <param name="error">For why there is nothing.</param>
/// <param name="isTerminal">Somebody looks at the output.</param>
/// <param name="hasStyle">It shows colours, and they are wanted.</param>
/// <param name="hasCursor">What stands there may be written over.</param>
internal sealed class Display(TextWriter output, TextWriter error, bool isTerminal, bool hasStyle, bool hasCursor)
{
    public TextWriter Output => output;

    public TextWriter Error => error;

    public bool IsTerminal => isTerminal;

    public bool HasStyle => hasStyle;

    public bool HasCursor => hasCursor;

    /// <summary>What is said of standard output by itself and by the environment (no-color.org).</summary>
    public static Display Of(TextWriter output, TextWriter error, Func<string, string?> variable)
    {
        bool isTerminal = output is StandardWriter && Terminal.IsOne(StandardStream.Output);
        bool isAble = isTerminal && Terminal.IsAble(variable);
        bool isWanted = variable("NO_COLOR") is not { Length: > 0 };
        return new(output, error, isTerminal, isAble && isWanted, isAble && isWanted);
    }

    /// <summary>Nobody reads any more: an answer that is shown again and again would be for ever.</summary>
    public bool IsOver => Output is StandardWriter and ({ IsOver: true } or { Fault: not null });

    /// <summary>Prints lines, all of each.</summary>
    public void Print(IEnumerable<StyledLine> lines)
    {
        foreach (StyledLine line in lines)
            Output.WriteLine(line.Render(HasStyle));
    }

    /// <summary>Prints lines from the top of the screen, over what stood there.</summary>
    public void PrintOver(IEnumerable<StyledLine> lines) =>
        Output.Write("\e[H" + string.Concat(lines.Select(line => line.Render(HasStyle) + "\e[K\n")) + "\e[J");

    /// <summary>One sentence, where there is nothing to print.</summary>
    public void Complain(string sentence) => Error.WriteLine($"dynode: {sentence}");
}
