using System.Buffers;
using System.Globalization;
using System.Text;

namespace Dynode.Native.Hosting.Logging;

/// <summary>
/// <c>2026-01-31T12:00:00.123Z INFO  2001 sentence field=value</c>. Fields that the sentence already shows are not
/// repeated, so each value is seen once.
/// </summary>
internal static class TextLine
{
    public static void Write(IBufferWriter<byte> line, in LogEvent logged)
    {
        Span<byte> head = line.GetSpan(48);
        logged.At.TryFormat(head, out int count, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        head[count++] = (byte)' ';
        int level = Encoding.ASCII.GetBytes(logged.LevelName, head[count..]);
        head.Slice(count + level, 6 - level).Fill((byte)' ');
        count += 6;
        logged.Id.Id.TryFormat(head[count..], out int digits, default, CultureInfo.InvariantCulture);
        count += digits;
        head[count++] = (byte)' ';
        line.Advance(count);

        LogText.Write(line, logged.Text, LogEvent.TextCharactersMax);
        WriteFields(line, logged);
        if (logged.Error is not null)
        {
            line.Write(" exception="u8);
            LogText.WriteValue(line, logged.Error.ToString(), LogEvent.TextCharactersMax);
        }

        line.Write("\n"u8);
    }

    private static void WriteFields(IBufferWriter<byte> line, in LogEvent logged)
    {
        if (logged.Fields is not { Count: > 0 } fields)
            return;

        string template = fields[^1] is { Key: LogEvent.TemplateField, Value: string text } ? text : "";
        for (int i = 0; i < fields.Count; i++)
        {
            (string name, object? value) = fields[i];
            if (name == LogEvent.TemplateField || Shows(template, name))
                continue;
            line.Write(" "u8);
            LogText.Write(line, name, LogEvent.ValueCharactersMax);
            line.Write("="u8);
            LogText.WriteValue(line, Convert.ToString(value, CultureInfo.InvariantCulture), LogEvent.ValueCharactersMax);
        }
    }

    // {Name}, {Name:format} or {Name,width}
    private static bool Shows(ReadOnlySpan<char> template, string name)
    {
        for (int at = template.IndexOf('{'); at >= 0; at = template.IndexOf('{'))
        {
            template = template[(at + 1)..];
            if (template.Length > name.Length && template[name.Length] is '}' or ':' or ','
                && template.StartsWith(name, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }
}
