using System.Text;

namespace Dynode.Native.Configuration;

/// <summary>
/// The original's format: lines of <c>key=value</c>, comments from <c>#</c> at a line's begin, white space round keys and values
/// is no part of them. What a key means is not known here.
/// </summary>
internal static class ConfigurationFile
{
    /// <summary>Reads the file at <paramref name="path"/>.</summary>
    /// <returns>False: none of it; the fault says why.</returns>
    public static bool Read(string path, ICollection<Assignment> assignments, ICollection<ConfigurationFault> faults)
    {
        byte[]? bytes = BoundedFile.Read(path, ConfigurationLimits.FileBytesMax, out string? fault);
        if (bytes is not null)
            return Parse(path, bytes, assignments, faults);
        faults.Add(new(new(path.Length == 0 ? "-c" : Shown.Plain(path)), path.Length == 0 ? "no path was given" : fault!));
        return false;
    }

    /// <summary>Reads <paramref name="bytes"/> as the content of <paramref name="path"/>.</summary>
    /// <returns>False: none of it; the fault says why.</returns>
    public static bool Parse(
        string path, ReadOnlySpan<byte> bytes, ICollection<Assignment> assignments, ICollection<ConfigurationFault> faults)
    {
        path = Shown.Plain(path);
        int zero = bytes.IndexOf((byte)0);
        if (zero >= 0)
        {
            faults.Add(new(new(path), $"is no text: byte {zero} is zero"));
            return false;
        }

        if (bytes.StartsWith("\uFEFF"u8))
            bytes = bytes["\uFEFF"u8.Length..];

        // A wrong byte becomes U+FFFD, so that it may stand in a comment (the original's files are often Latin-1) but in no value.
        using var lines = new StringReader(Encoding.UTF8.GetString(bytes));
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int number = 1; lines.ReadLine() is { } line; number++)
            Line(path, number, line.AsSpan().Trim(), seen, assignments, faults);
        return true;
    }

    private static void Line(
        string path,
        int number,
        ReadOnlySpan<char> line,
        Dictionary<string, int> seen,
        ICollection<Assignment> assignments,
        ICollection<ConfigurationFault> faults)
    {
        if (line.IsEmpty || line[0] == '#')
            return;

        // Nothing of a line that was not understood is shown: it may be half of a password.
        var source = ConfigurationSource.File(path, number);
        int equals = line.IndexOf('=');
        if (equals < 0)
        {
            faults.Add(new(source, "this line has no \"=\"; lines are key=value, or comments behind #"));
            return;
        }

        string key = line[..equals].TrimEnd().ToString();
        if (key.Length == 0)
            faults.Add(new(source, "there is no key in front of \"=\""));
        else if (seen.TryGetValue(key, out int first))
            faults.Add(new(source, $"{Shown.Plain(key)} is set here and in line {first}"));
        else
        {
            seen.Add(key, number);
            assignments.Add(new(key, line[(equals + 1)..].TrimStart().ToString(), source));
        }
    }
}
