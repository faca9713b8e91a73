using System.Globalization;

namespace Dynode.AotCheck;

/// <summary>How many descriptors this process may have: the tests' ends of their connections.</summary>
internal static class Descriptors
{
    public static int Max()
    {
        string line = File.ReadLines("/proc/self/limits").First(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        string soft = line["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return int.TryParse(soft, CultureInfo.InvariantCulture, out int max) ? max : int.MaxValue;
    }
}
