using Dynode.Broadcast.Plane;

namespace Dynode.Native.Configuration;

/// <summary>The entries of a key that names networks.</summary>
internal static class NetworkEntries
{
    public static ConfigurationValue? Read(ConfigurationKey key, string text, ICollection<string> faults)
    {
        // As in servers, a comma may stand behind the last one; an entry that is empty may be one that somebody forgot.
        string[] entries = (text.EndsWith(',') ? text[..^1] : text).Split(',', StringSplitOptions.TrimEntries);
        var read = new List<Network>();
        int before = faults.Count;
        for (int i = 0; i < entries.Length; i++)
        {
            string entry = entries[i];
            if (entry.Length == 0)
                faults.Add($"entry {i + 1} of {key.Name} is empty");
            else if (entry.Any(ServerEntries.IsWhite))
                faults.Add($"entry {i + 1} of {key.Name}, \"{Shown.Plain(entry)}\", has white space in it; a comma stands between two networks");
            else if (Network.TryParse(entry, out Network network, out string? fault))
                read.Add(network);
            else
                faults.Add($"entry {i + 1} of {key.Name}, \"{Shown.Plain(entry)}\", {fault}");
        }

        if (entries.Length > Networks.CountMax)
            faults.Add($"{key.Name} has {entries.Length} entries; at most {Networks.CountMax} are looked through");
        return faults.Count == before ? new ConfigurationValue(Networks.Of(read).ToString()) : null;
    }

    /// <summary>The networks of a value that has been read; of none where it is empty.</summary>
    public static Networks Of(ConfigurationValue value) =>
        Networks.Of(value.Text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(static entry =>
            Network.TryParse(entry, out Network network, out string? fault) ? network : throw new FormatException(fault)));
}
