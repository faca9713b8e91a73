using Dynode.Native.Configuration;

namespace Dynode.Native.Control;

/// <summary>A time as somebody types it: seconds, or a number with its unit.</summary>
internal static class DurationText
{
    /// <summary>For a fault.</summary>
    public const string Forms = "seconds, or a time like 90s, 10m or 2h, of 30 days at most";

    private static readonly TimeSpan Max = TimeSpan.FromDays(30);

    /// <summary>Null: it is none.</summary>
    public static TimeSpan? Read(string text)
    {
        if (text.Length == 0)
            return null;
        int factor = text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 };
        return NumberText.TryReadDuration(factor == 0 ? text : text.AsSpan(0, text.Length - 1), out long milliseconds)
            && milliseconds <= Max.TotalMilliseconds / Math.Max(1, factor)
            ? TimeSpan.FromMilliseconds(milliseconds * Math.Max(1, factor))
            : null;
    }
}
