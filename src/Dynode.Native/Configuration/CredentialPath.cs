using System.Collections.Immutable;

namespace Dynode.Native.Configuration;

/// <summary>
/// Paths in the directory that systemd makes for the credentials of a service (<c>LoadCredential=</c>, systemd.exec(5)): <c>$CREDENTIALS_DIRECTORY/NAME</c>, with braces too. Its
/// name is known to the service alone. No other variable is looked at.
/// </summary>
internal static class CredentialPath
{
    private const string Variable = "CREDENTIALS_DIRECTORY";

    private static readonly ImmutableArray<string> Beginnings = [$"${Variable}/", $"${{{Variable}}}/"];

    /// <summary>Puts the directory in its place.</summary>
    /// <param name="key">Whose value it is.</param>
    /// <param name="text">As written.</param>
    /// <param name="variables">Of the environment.</param>
    /// <param name="fault">There is no such directory.</param>
    /// <returns>The same text where there is no such path in it; null: there is a fault.</returns>
    public static string? Resolve(ConfigurationKey key, string text, ImmutableArray<KeyValuePair<string, string>> variables, out string? fault)
    {
        fault = null;
        if (!text.Contains(Variable, StringComparison.Ordinal))
            return text;
        string mark = FileText.MayHold(key.Kind) && text[0] == '@' ? "@" : "";
        if (mark.Length == 0 && key.Kind is not (ValueKind.Path or ValueKind.Paths))
            return text;
        string[] paths = key.Kind == ValueKind.Paths ? text.Split(',', StringSplitOptions.TrimEntries) : [text[mark.Length..]];
        for (int i = 0; i < paths.Length; i++)
        {
            if (Beginnings.FirstOrDefault(paths[i].StartsWith) is not { } beginning)
                continue;
            string? directory = variables.FirstOrDefault(static variable => variable.Key == Variable).Value;
            if (directory is not ['/', ..])
            {
                fault = $"{key.Name}: {Shown.Plain(paths[i])}: {Variable} is {(string.IsNullOrEmpty(directory) ? "not set" : "no path that begins with /")}; systemd sets it for a service that has LoadCredential=";
                return null;
            }

            paths[i] = $"{directory.TrimEnd('/')}/{paths[i][beginning.Length..]}";
        }

        return mark + string.Join(",", paths);
    }
}
