using System.Globalization;

namespace Dynode.Native.Control;

/// <summary>Numbers for people: three figures or so, with the unit that fits. Pure.</summary>
internal static class FigureText
{
    /// <summary>What stands where there is nothing to say.</summary>
    public const string None = "-";

    /// <summary>All figures, as for a number that is looked for.</summary>
    public static string Whole(double? number) => number is { } value && double.IsFinite(value) ? Whole(value) : None;

    /// <summary>12.3k; all figures below a thousand.</summary>
    public static string Count(double? count) => Scaled(count, 1000, ["", "k", "M", "G", "T"], isWhole: true);

    /// <summary>12.3k/s.</summary>
    public static string Rate(double? rate) => rate is null ? None : Scaled(rate, 1000, ["", "k", "M", "G", "T"], isWhole: false) + "/s";

    /// <summary>1.5 MiB.</summary>
    public static string Bytes(double? bytes) => Scaled(bytes, 1024, [" B", " KiB", " MiB", " GiB", " TiB", " PiB"], isWhole: true);

    /// <summary>1.5 MiB/s.</summary>
    public static string BytesRate(double? rate) => rate is null ? None : Bytes(rate) + "/s";

    /// <summary>0.4 ms, 250 ms, 1.2 s, 31 s, 3 m 20 s, 2 h 5 m, 3 d 4 h.</summary>
    public static string Duration(double? seconds)
    {
        if (seconds is not { } value || !double.IsFinite(value) || value < 0)
            return None;
        if (value < 1)
            return value == 0 ? "0 s" : value < 0.001 ? Fixed(value * 1000, "0.##") + " ms" : value < 0.01 ? Fixed(value * 1000, "0.#") + " ms" : Whole(value * 1000) is "1000" ? "1 s" : Whole(value * 1000) + " ms";
        if (value < 9.95)
            return Fixed(value, "0.#") + " s";
        double all = Math.Round(value, MidpointRounding.AwayFromZero);
        return all switch
        {
            < 60 => Whole(all) + " s",
            < 3600 => Two(all, 60, "m", "s"),
            < 86400 => Two(Math.Floor(all / 60), 60, "h", "m"),
            _ => Two(Math.Floor(all / 3600), 24, "d", "h"),
        };
    }

    /// <summary>Part of a whole: 43 %.</summary>
    public static string Share(double part, double whole) => whole > 0 ? Whole(Math.Clamp(part / whole, 0, 1) * 100) + " %" : None;

    private static string Two(double all, double per, string large, string small)
    {
        double rest = all % per;
        return rest == 0 ? $"{Whole(Math.Floor(all / per))} {large}" : $"{Whole(Math.Floor(all / per))} {large} {Whole(rest)} {small}";
    }

    // Rounded first: 999.96 is 1k, not 1000.0.
    private static string Scaled(double? number, double step, ReadOnlySpan<string> units, bool isWhole)
    {
        if (number is not { } value || !double.IsFinite(value))
            return None;
        string sign = value < 0 ? "-" : "";
        value = Math.Abs(value);
        int unit = 0;
        double limit = step == 1000 ? 999.5 : 1023.5;
        while (value >= limit && unit + 1 < units.Length)
        {
            value /= step;
            unit++;
        }

        bool hasPoint = value < 99.95 && (unit > 0 || (!isWhole && value < 9.95));
        return sign + (hasPoint ? Fixed(value, unit > 0 ? "0.0" : "0.#") : Whole(value)) + units[unit];
    }

    private static string Whole(double value) => Math.Round(value, MidpointRounding.AwayFromZero).ToString("0", CultureInfo.InvariantCulture);

    private static string Fixed(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
