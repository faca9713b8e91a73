using System.Globalization;

namespace Dynode.Streams.Nats;

/// <summary>A nats-server's version, as far as it is compared.</summary>
internal readonly record struct NatsVersion(int Major, int Minor, int Patch)
{
    /// <summary>Before it others could administer a stream without any right to (CVE-2025-30215), and whole streams were lost by a kill.</summary>
    public static readonly NatsVersion Least = new(2, 10, 27);

    /// <summary>Without the known faults of routes (CVE-2026-58253).</summary>
    public static readonly NatsVersion Recommended = new(2, 12, 7);

    /// <summary>Of <c>2.10.27</c>, or <c>v2.12.0-RC.3</c>.</summary>
    public static bool TryParse(string text, out NatsVersion version)
    {
        version = default;
        string[] parts = text.TrimStart('v').Split('-', '+')[0].Split('.');
        if (parts.Length != 3 || !TryNumber(parts[0], out int major) || !TryNumber(parts[1], out int minor) || !TryNumber(parts[2], out int patch))
            return false;
        version = new NatsVersion(major, minor, patch);
        return true;
    }

    public bool IsBefore(NatsVersion other) => (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch)) < 0;

    public override string ToString() => $"{Major}.{Minor}.{Patch}";

    private static bool TryNumber(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
