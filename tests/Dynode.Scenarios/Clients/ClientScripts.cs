using Dynode.TestKit;

namespace Dynode.Scenarios.Clients;

/// <summary>Where the scripts of other languages' libraries are, in the repository that this was built from.</summary>
internal static class ClientScripts
{
    public static string Folder { get; } = Find();

    private static string Find()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "Dynode.Native.sln"))) folder = Path.GetDirectoryName(folder);
        return Path.Combine(folder ?? throw new ExpectationException($"no Dynode.Native.sln above {AppContext.BaseDirectory}"), "tests", "clients");
    }
}
