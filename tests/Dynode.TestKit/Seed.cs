using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Dynode.TestKit;

/// <summary>Random tests that can be had again: the seed is that of the environment or a new one, and a failure names it.</summary>
public static class Seed
{
    public const string Variable = "DYNODE_TEST_SEED";

    public static void Run(Action<Random> test, [CallerMemberName] string name = "")
    {
        int seed = Next();
        try
        {
            test(new Random(seed));
        }
        catch (Exception e)
        {
            throw Named(seed, name, e);
        }
    }

    public static Task RunAsync(Func<Random, Task> test, [CallerMemberName] string name = "") => RunWithAsync(Next(), test, name);

    /// <param name="usual">Where the environment names none.</param>
    /// <param name="test">Told the generator.</param>
    /// <param name="name">Of the test.</param>
    public static Task RunAsync(int usual, Func<Random, Task> test, [CallerMemberName] string name = "") => RunWithAsync(Next(usual), test, name);

    /// <summary>So many bytes of that generator.</summary>
    public static byte[] Bytes(this Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static async Task RunWithAsync(int seed, Func<Random, Task> test, string name)
    {
        try
        {
            await test(new Random(seed)).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw Named(seed, name, e);
        }
    }

    private static int Next(int usual = -1) =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : usual >= 0 ? usual : RandomNumberGenerator.GetInt32(int.MaxValue);

    private static ExpectationException Named(int seed, string name, Exception e) =>
        new($"seed {seed}; the same again: {Variable}={seed} ./scripts/test.sh --filter '*{name}'\n{e.Message}", e);
}
