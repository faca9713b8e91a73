namespace Dynode.UnitTests.House;

/// <summary>The repository that this test was built from.</summary>
internal static class SourceTree
{
    public static string Root { get; } = FindRoot();

    /// <summary>Paths, relative to the root, of all files below <paramref name="folder"/> that were written by hand.</summary>
    public static IReadOnlyList<string> Files(string folder, string pattern)
    {
        string whole = Path.Combine(Root, folder);
        if (!Directory.Exists(whole)) return [];
        return [.. Directory.EnumerateFiles(whole, pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path))
            .Where(path => !path.Split('/').Any(part => part is "obj" or "bin"))
            .Order(StringComparer.Ordinal)];
    }

    public static string Read(string path) => File.ReadAllText(Path.Combine(Root, path));

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Dynode.Native.sln"))) folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException($"no Dynode.Native.sln above {AppContext.BaseDirectory}");
    }
}
