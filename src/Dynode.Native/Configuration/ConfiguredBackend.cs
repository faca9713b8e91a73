using Dynode.Protocols;

namespace Dynode.Native.Configuration;

/// <summary>How servers are logged in to, by the places that the broadcaster was configured from, whatever else is wrong with them now.</summary>
/// <param name="Username">Empty: the default user.</param>
/// <param name="Password">Empty: none is asked for.</param>
internal sealed record ConfiguredBackend(string Username, Secret Password)
{
    /// <summary>The values of <c>backend_username</c> and <c>backend_password</c>.</summary>
    /// <param name="places">As the broadcaster's.</param>
    /// <param name="faults">Takes what is wrong with those.</param>
    public static ConfiguredBackend Find(ConfigurationPlaces places, List<string> faults)
    {
        // The strongest last.
        var written = new List<Assignment>();
        if (places.File is { } path)
            ConfigurationFile.Read(path, written, []);
        ConfigurationLoader.ReadEnvironment(places.Environment, written, []);
        ConfigurationLoader.ReadSets(places.Sets, written, []);
        return new(Value(ConfigurationKeys.BackendUsername).Text, Value(ConfigurationKeys.BackendPassword).Secret);

        ConfigurationValue Value(ConfigurationKey key)
        {
            Assignment strongest = written.FindLast(assignment => assignment.Key == key.Name);
            return strongest is { Key: not null, Value.Length: > 0 } ? ValueReader.Read(key, strongest.Value, faults) ?? default : new ConfigurationValue("");
        }
    }
}
