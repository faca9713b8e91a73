using System.Text;

namespace Dynode.UnitTests.Protocols.Redis;

/// <summary>What was read of a stream: a line for each frame, and how it ended.</summary>
internal sealed record Trace(IReadOnlyList<string> Frames, string End)
{
    public bool Equals(Trace? other) => other is not null && ToString() == other.ToString();

    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    public override string ToString() => string.Join("\n", Frames.Append(End));

    /// <summary>Bytes as a C# literal of a test.</summary>
    public static string Shown(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder();
        foreach (byte b in bytes) text.Append(b is >= 32 and < 127 ? ((char)b).ToString() : b == '\r' ? "\\r" : b == '\n' ? "\\n" : $"\\x{b:x2}");
        return text.ToString();
    }
}
