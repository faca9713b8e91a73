using System.Buffers;
using System.Globalization;
using System.Text;

namespace Dynode.Protocols.Line;

/// <summary>An error of the broadcaster's own: what clients read as they read replies.</summary>
internal static class LineError
{
    private const string Begin = "ERROR ";

    /// <summary>One line, or one frame.</summary>
    public static void Write(IBufferWriter<byte> output, LineFraming framing, string text)
    {
        if (framing == LineFraming.Octet)
            Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Begin.Length + Encoding.UTF8.GetByteCount(text)} "), output);
        Encoding.UTF8.GetBytes(Begin, output);
        Encoding.UTF8.GetBytes(text, output);
        if (framing == LineFraming.Lf)
            output.Write("\r\n"u8);
    }
}
