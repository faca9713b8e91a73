namespace Dynode.TestKit;

/// <summary>The published native binary.</summary>
public static class Binary
{
    /// <summary>That of the environment, else what scripts/build.sh leaves. Its absence fails: a check that did not run has shown nothing.</summary>
    public static string Path { get; } = Find();

    private static string Find()
    {
        if (Environment.GetEnvironmentVariable("DYNODE_BINARY") is { Length: > 0 } given)
            return File.Exists(given) ? given : throw new ExpectationException($"DYNODE_BINARY={given}: there is no such file");

        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder, "Dynode.Native.sln"))) folder = System.IO.Path.GetDirectoryName(folder);
        string built = System.IO.Path.Combine(folder ?? ".", "artifacts", "dynode");
        return File.Exists(built) ? built : throw new ExpectationException($"{built} is missing: ./scripts/build.sh makes it; or set DYNODE_BINARY");
    }
}
