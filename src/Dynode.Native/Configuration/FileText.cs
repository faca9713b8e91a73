using System.Text;

namespace Dynode.Native.Configuration;

/// <summary>
/// The text in a file that a value <c>@/path</c> names, where a value may hold a secret and is text (parameters of the URL are not: they are sent as written): without a UTF-8 mark, and without white space around it. A password is
/// bytes, and read by <see cref="SecretFile"/>.
/// </summary>
internal static class FileText
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Whether such a value is a file's: its name begins behind the <c>@</c>.</summary>
    public static bool IsNamed(string text) => text.StartsWith("@/", StringComparison.Ordinal);

    /// <summary>Whether a value of that kind may stand in a file of its own.</summary>
    public static bool MayHold(ValueKind kind) => kind is ValueKind.Secret or ValueKind.Url;

    /// <summary>Reads it.</summary>
    /// <returns>Null: the fault says why, as the end of a sentence about the path.</returns>
    public static string? Read(string path, out string? fault)
    {
        byte[]? bytes = BoundedFile.Read(path, ConfigurationLimits.SecretBytesMax, out fault);
        return bytes is null ? null : Parse(bytes, out fault);
    }

    private static string? Parse(ReadOnlySpan<byte> bytes, out string? fault)
    {
        string text;
        try
        {
            text = Strict.GetString(bytes.StartsWith("\uFEFF"u8) ? bytes["\uFEFF"u8.Length..] : bytes).Trim();
        }
        catch (DecoderFallbackException)
        {
            fault = "is no UTF-8 text";
            return null;
        }

        fault = text.Length == 0 ? "holds nothing" : text.Any(char.IsControl) ? "holds more than a line" : null;
        return fault is null ? text : null;
    }
}
