using System.Globalization;
using Dynode.TestKit;

namespace Dynode.LoadTest.Stages;

/// <summary>Statements that a check rests on; one that does not hold fails the scenario with both numbers.</summary>
internal static class Expect
{
    public static void Equal(long expected, long actual, string what)
    {
        if (expected != actual) throw new ExpectationException($"{what}: {Number(actual)} instead of {Number(expected)}");
    }

    public static void AtMost(long limit, long actual, string what)
    {
        if (actual > limit) throw new ExpectationException($"{what}: {Number(actual)}, more than {Number(limit)}");
    }

    public static void Nothing(string? lack, string what)
    {
        if (lack is not null) throw new ExpectationException($"{what}: {lack}");
    }

    public static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
