namespace Dynode.Native.Configuration;

/// <summary>
/// The control socket of a broadcaster that runs already, by the places that it was configured from, whatever else is wrong with them now.
/// </summary>
internal static class ConfiguredControl
{
    /// <summary>The value of <c>control</c>; its default where it is not set, or cannot be read.</summary>
    public static string Find(ConfigurationPlaces places)
    {
        // The strongest last.
        var written = new List<Assignment>();
        if (places.File is { } path)
            ConfigurationFile.Read(path, written, []);
        ConfigurationLoader.ReadEnvironment(places.Environment, written, []);
        ConfigurationLoader.ReadSets(places.Sets, written, []);
        Assignment strongest = written.FindLast(static assignment => assignment.Key == ConfigurationKeys.Control.Name);
        return strongest is { Key: not null, Value.Length: > 0 } && ValueReader.Read(ConfigurationKeys.Control, strongest.Value, []) is { } value
            ? value.Text
            : ConfigurationKeys.Control.Default;
    }
}
