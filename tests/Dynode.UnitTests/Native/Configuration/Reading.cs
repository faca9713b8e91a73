using System.Text;
using Dynode.Native.Configuration;

namespace Dynode.UnitTests.Native.Configuration;

/// <summary>Readings from places that a test makes up.</summary>
internal static class Reading
{
    public const string Servers = "servers=10.0.0.1:6379";

    /// <summary>From <c>--set</c> alone.</summary>
    public static ConfigurationReading OfSets(params string[] sets) => Of(null, [], sets);

    /// <summary>From all places; the machine has 8 GiB.</summary>
    public static ConfigurationReading Of(string? file, (string Name, string Value)[] environment, params string[] sets) =>
        ConfigurationLoader.Read(new ConfigurationPlaces
        {
            File = file,
            Environment = [.. environment.Select(variable => KeyValuePair.Create(variable.Name, variable.Value))],
            Sets = [.. sets],
            MemoryBytes = () => 8L << 30,
        });

    /// <summary>From a file with that content.</summary>
    public static ConfigurationReading OfFile(string content, params string[] sets) => OfFile(Encoding.UTF8.GetBytes(content), sets);

    public static ConfigurationReading OfFile(byte[] content, params string[] sets)
    {
        using var folder = new TemporaryFolder();
        return Of(folder.Write("configuration", content), [], sets);
    }

    /// <summary>The settings, or a failure that lists the faults.</summary>
    public static HostSettings Good(this ConfigurationReading reading)
    {
        Assert.Empty(reading.Faults);
        return reading.Settings!;
    }

    /// <summary>The faults as they are shown, without the folder in front of the file's name.</summary>
    public static string[] Faults(this ConfigurationReading reading)
    {
        Assert.Null(reading.Settings);
        return [.. reading.Faults.Select(fault => fault.ToString()[(fault.ToString().IndexOf("/configuration", StringComparison.Ordinal) + 1)..])];
    }
}

/// <summary>A folder that is gone with its test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dynode-");

    public string Root => _folder.FullName;

    public string Write(string name, byte[] content)
    {
        string path = Path.Combine(Root, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    public string Write(string name, string content) => Write(name, Encoding.UTF8.GetBytes(content));

    public void Dispose() => _folder.Delete(recursive: true);
}
