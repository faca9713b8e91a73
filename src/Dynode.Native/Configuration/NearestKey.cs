namespace Dynode.Native.Configuration;

/// <summary>Which known key somebody most likely meant.</summary>
internal static class NearestKey
{
    /// <summary>No key is longer by far; what is compared is cut, since the name may be anything up to a file's size.</summary>
    private const int CharactersMax = 64;

    /// <summary>The first of the keys that are reached by the fewest slips of a hand.</summary>
    public static ConfigurationKey To(string name)
    {
        string cut = name.Length > CharactersMax ? name[..CharactersMax] : name;
        return KeyTable.All.MinBy(key => Distance(cut.ToLowerInvariant(), key.Name))!;
    }

    // Insertions, deletions, replacements and swaps of neighbours (optimal string alignment); three rows are enough.
    private static int Distance(string a, string b)
    {
        int[] before = new int[b.Length + 1];
        int[] last = [.. Enumerable.Range(0, b.Length + 1)];
        int[] row = new int[b.Length + 1];
        for (int i = 1; i <= a.Length; i++)
        {
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                row[j] = Math.Min(replaced, Math.Min(last[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    row[j] = Math.Min(row[j], before[j - 2] + 1);
            }

            (before, last, row) = (last, row, before);
        }

        return last[b.Length];
    }
}
