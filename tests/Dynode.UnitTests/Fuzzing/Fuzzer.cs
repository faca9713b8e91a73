using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Dynode.TestKit;
using Trace = Dynode.UnitTests.Protocols.Redis.Trace;

namespace Dynode.UnitTests.Fuzzing;

/// <summary>
/// Gives a reader one mutated input after the other. What becomes of an input is a word, and an input with a new word is mutated further: so it gets to where good inputs alone do not lead.
/// The inputs follow from the seed and from what is read; <c>scripts/fuzz.sh</c> goes on for as long as it is told.
/// </summary>
internal static class Fuzzer
{
    /// <summary>How long each reader is tried, in seconds, in place of a number of inputs.</summary>
    public const string SecondsVariable = "DYNODE_FUZZ_SECONDS";

    /// <summary>For a test among others.</summary>
    public const int UsualInputs = 8_000;

    // More would be memory without a use: the mutator takes any of them.
    private const int CorpusMax = 4_000;

    /// <summary>Until enough inputs were tried, or one is not read as it must be.</summary>
    /// <param name="output">Told how many there were.</param>
    /// <param name="corpus">Good inputs, at least one.</param>
    /// <param name="tokens">What means something in them.</param>
    /// <param name="judge">Reads one input and gives what became of it, in a word or some; throws where that is wrong. The same for the same input and generator.</param>
    /// <param name="inputs">How many, where no time is set.</param>
    /// <param name="name">Of the test.</param>
    public static void Run(ITestOutputHelper output, IEnumerable<byte[]> corpus, IEnumerable<string> tokens, Func<byte[], Random, string> judge, int inputs = UsualInputs, [CallerMemberName] string name = "") => Seed.Run(random =>
    {
        List<byte[]> known = [.. corpus];
        var words = new HashSet<string>(StringComparer.Ordinal);
        var mutator = new Mutator([.. tokens.Select(Encoding.UTF8.GetBytes)]);
        int good = known.Count;
        long tried = 0;
        double seconds = Seconds();
        long began = Stopwatch.GetTimestamp();
        for (; seconds > 0 ? Stopwatch.GetElapsedTime(began).TotalSeconds < seconds : tried < inputs; tried++)
        {
            // The good ones themselves come first: what a reader does with them is known, and so is what is not new.
            byte[] input = tried < good ? known[(int)tried] : mutator.Next(random, known);
            int cuts = random.Next();
            string word;
            try
            {
                word = judge(input, new Random(cuts));
            }
            catch (Exception e)
            {
                byte[] least = Shrink(input, candidate => Fails(judge, candidate, cuts));
                throw new ExpectationException($"input {tried}, cuts {cuts}: {Trace.Shown(least)}\n(base64 {Convert.ToBase64String(least)})\n{Why(judge, least, cuts) ?? e.Message}", e);
            }

            // Where a fault is, is not what it is.
            word = string.Concat(word.Where(static c => !char.IsDigit(c)));
            if (words.Count < CorpusMax && words.Add(word) && tried >= good)
                known.Add(input);
        }

        output.WriteLine($"{name}: {tried} inputs, {words.Count} outcomes");
    }, name);

    private static double Seconds() =>
        Environment.GetEnvironmentVariable(SecondsVariable) is { Length: > 0 } given ? double.Parse(given, CultureInfo.InvariantCulture) : 0;

    private static bool Fails(Func<byte[], Random, string> judge, byte[] input, int cuts) => Why(judge, input, cuts) is not null;

    private static string? Why(Func<byte[], Random, string> judge, byte[] input, int cuts)
    {
        try
        {
            judge(input, new Random(cuts));
            return null;
        }
        catch (Exception e)
        {
            return e.ToString();
        }
    }

    // Whoever has to understand it should not have to read what has nothing to do with it.
    private static byte[] Shrink(byte[] input, Func<byte[], bool> fails)
    {
        for (int piece = Math.Max(1, input.Length / 2); ; piece /= 2)
        {
            for (int at = 0; at + piece <= input.Length;)
            {
                byte[] less = [.. input[..at], .. input[(at + piece)..]];
                if (fails(less)) input = less;
                else at += piece;
            }

            if (piece <= 1) return input;
        }
    }
}
