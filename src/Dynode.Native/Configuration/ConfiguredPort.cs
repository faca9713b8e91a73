namespace Dynode.Native.Configuration;

/// <summary>
/// The port of a broadcaster that runs already, by the places that it was configured from, whatever else is wrong with them now: a
/// file that somebody is editing says nothing about what runs.
/// </summary>
/// <param name="Number">Null: the file cannot be read, or its port cannot.</param>
/// <param name="IsTold">By the command line or the environment, which do not change under one that runs; a file may.</param>
internal readonly record struct ConfiguredPort(int? Number, bool IsTold)
{
    /// <summary>Looks in the places, the strongest first.</summary>
    /// <param name="places">As the broadcaster's.</param>
    /// <param name="faults">Takes what is wrong with the command line, and with a port in the environment.</param>
    public static ConfiguredPort Find(ConfigurationPlaces places, List<ConfigurationFault> faults)
    {
        var told = new List<Assignment>();
        ConfigurationLoader.ReadEnvironment(places.Environment, told, []);
        told.RemoveAll(static variable => !IsPort(variable));
        ConfigurationLoader.ReadSets(places.Sets, told, faults);
        faults.AddRange(told.Where(static set => KeyTable.Find(set.Key) is null).Select(ConfigurationLoader.Unknown));
        if (told.FindLast(IsPort) is { Key: not null } strongest)
            return new(Read(strongest, faults), IsTold: true);

        var inFile = new List<Assignment>();
        List<ConfigurationFault> ofFile = [];
        if (places.File is { } path && !ConfigurationFile.Read(path, inFile, ofFile))
            return new(null, IsTold: false);
        Assignment written = inFile.Find(IsPort);
        return new(written.Key is null ? Default : Read(written, ofFile), IsTold: false);
    }

    private static int Default => (int)ConfigurationKeys.Port.DefaultNumber;

    private static bool IsPort(Assignment assignment) => assignment.Key == ConfigurationKeys.Port.Name;

    private static int? Read(Assignment assignment, List<ConfigurationFault> faults)
    {
        if (assignment.Value.Length == 0)
            return Default;
        var texts = new List<string>();
        ConfigurationValue? value = ValueReader.Read(ConfigurationKeys.Port, assignment.Value, texts);
        faults.AddRange(texts.Select(text => new ConfigurationFault(assignment.Source, text)));
        return (int?)value?.Number;
    }
}
