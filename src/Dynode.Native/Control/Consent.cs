using Microsoft.Win32.SafeHandles;

namespace Dynode.Native.Control;

/// <summary>Whether what cannot be taken back is meant: asked on a terminal, said by <c>--yes</c> elsewhere.</summary>
/// <param name="isTerminal">Somebody can be asked.</param>
/// <param name="readLine">What was typed; null: the end.</param>
internal sealed class Consent(Func<bool> isTerminal, Func<string?> readLine)
{
    /// <summary>Whoever sits before standard input.</summary>
    public static Consent OfStandardInput { get; } = new(static () => Terminal.IsOne(0), ReadLine);

    /// <summary>Asks.</summary>
    /// <param name="what">Would be done, in a sentence or two.</param>
    /// <param name="isYes">It was said with the verb.</param>
    /// <param name="display">Where to; the question goes where faults go, for the output may be read by a program.</param>
    /// <returns>Good, or what the verb ends with.</returns>
    public int Ask(string what, bool isYes, Display display)
    {
        if (isYes)
            return VerbStatus.Good;
        if (!isTerminal())
        {
            display.Complain($"{what} Nobody is there to be asked (standard input is no terminal): say --yes. Nothing was done.");
            return VerbStatus.Usage;
        }

        display.Error.Write($"{what}\nType yes to go on: ");
        display.Error.Flush();
        if (readLine()?.Trim() == "yes")
            return VerbStatus.Good;
        display.Complain("nothing was done");
        return VerbStatus.No;
    }

    private static string? ReadLine()
    {
        const int lineMax = 256;
        using var input = new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 0);
        byte[] line = new byte[lineMax];
        int length = input.Read(line);
        return length == 0 ? null : System.Text.Encoding.UTF8.GetString(line, 0, length);
    }
}
