using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Dynode.Native.Hosting.Logging;

/// <summary>One thread's scratch line: rendering needs no lock, and warm it allocates no buffer.</summary>
internal sealed class LineBuffer
{
    /// <summary>A buffer that one long line has grown beyond this is not kept.</summary>
    private const int KeptBytesMax = 16 << 10;

    // Logs are read by people too: no \u0027 for an apostrophe. Control characters are escaped all the same.
    private static readonly JsonWriterOptions Readable =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    [ThreadStatic]
    private static LineBuffer? _mine;

    private ArrayBufferWriter<byte> _bytes = new(512);
    private Utf8JsonWriter? _json;

    public static LineBuffer Mine => _mine ??= new LineBuffer();

    /// <summary>The event as a line with its end; valid until this thread's next call.</summary>
    public ReadOnlySpan<byte> Render(LogFormat format, in LogEvent logged)
    {
        if (_bytes.Capacity > KeptBytesMax)
            _bytes = new ArrayBufferWriter<byte>(512);
        _bytes.ResetWrittenCount();
        if (format == LogFormat.Text)
        {
            TextLine.Write(_bytes, logged);
            return _bytes.WrittenSpan;
        }

        _json ??= new Utf8JsonWriter(_bytes, Readable);
        _json.Reset(_bytes);
        JsonLine.Write(_json, logged);
        _bytes.Write("\n"u8);
        return _bytes.WrittenSpan;
    }
}
