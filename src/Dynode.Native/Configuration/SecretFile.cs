using System.Buffers;
using System.Text;
using Dynode.Protocols;

namespace Dynode.Native.Configuration;

/// <summary>
/// The password in a file that a value <c>@/path</c> names: its bytes as they are, without a UTF-8 mark at its begin and the line
/// ends at its end. A file without a password in it is a fault, never "no password": that would open the door.
/// </summary>
internal static class SecretFile
{
    // Zeros alone are what a file system leaves of a file that was being written when the machine lost its power.
    private static readonly SearchValues<byte> Nothing = SearchValues.Create(" \t\r\n\v\f\0"u8);

    // Strict: bytes that happen to begin like a mark are seldom text in whole.
    private static readonly UnicodeEncoding[] Wide =
    [
        new UnicodeEncoding(bigEndian: false, byteOrderMark: true, throwOnInvalidBytes: true),
        new UnicodeEncoding(bigEndian: true, byteOrderMark: true, throwOnInvalidBytes: true),
    ];

    /// <summary>Reads it.</summary>
    /// <returns>Null: the fault says why, as the end of a sentence about the path.</returns>
    public static Secret? Read(string path, out string? fault)
    {
        byte[]? bytes = BoundedFile.Read(path, ConfigurationLimits.SecretBytesMax, out fault);
        return bytes is null ? null : Parse(bytes, out fault);
    }

    /// <summary>Reads <paramref name="bytes"/> as the content of the file.</summary>
    public static Secret? Parse(ReadOnlySpan<byte> bytes, out string? fault)
    {
        fault = null;
        if (bytes.IsEmpty)
            fault = "is empty";
        else if (IsWide(bytes))
            fault = "is UTF-16 text; a password is taken byte by byte, so save it as UTF-8";
        if (fault is not null)
            return null;

        ReadOnlySpan<byte> password = bytes.StartsWith("\uFEFF"u8) ? bytes["\uFEFF"u8.Length..] : bytes;

        if (!password.ContainsAnyExcept(Nothing))
        {
            fault = "holds no password";
            return null;
        }

        return new Secret(password.TrimEnd("\r\n"u8));
    }

    private static bool IsWide(ReadOnlySpan<byte> bytes)
    {
        foreach (UnicodeEncoding encoding in Wide)
        {
            if (bytes.StartsWith(encoding.Preamble) && IsText(bytes[encoding.Preamble.Length..], encoding))
                return true;
        }

        return false;
    }

    private static bool IsText(ReadOnlySpan<byte> bytes, UnicodeEncoding encoding)
    {
        try
        {
            return encoding.GetString(bytes).All(c => !char.IsControl(c) || c is '\r' or '\n' or '\t');
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
