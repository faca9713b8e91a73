using System.Globalization;
using System.Text;

namespace Dynode.TestKit.Framed;

/// <summary>memcached's text protocol, meta requests included.</summary>
internal sealed class MemcachedFraming : IFraming
{
    public int Database => 0;

    public string[]? Take(ReadOnlySpan<byte> bytes, out int length)
    {
        if (IFraming.Line(bytes, out length) is not { } line) return null;
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        int at = words.FirstOrDefault() switch
        {
            "set" or "add" or "replace" or "append" or "prepend" or "cas" => 4,
            "ms" => 2,
            _ => 0,
        };
        if (at == 0) return words;
        if (!int.TryParse(words.ElementAtOrDefault(at), NumberStyles.None, CultureInfo.InvariantCulture, out int count))
            throw new FormatException($"no length in '{line}'");
        int start = length;
        length = start + count + 2;
        if (bytes.Length < length) return null;
        if (!bytes[(start + count)..length].SequenceEqual("\r\n"u8)) throw new FormatException($"no line end behind {count} bytes");
        return [.. words, Encoding.Latin1.GetString(bytes.Slice(start, count))];
    }

    public bool IsPreamble(string[] words) => words[0] is "version" or "mn";

    public FramedReply Answer(FramedRequest request, FramedScript script, Func<FramedRequest, FramedReply?> steer) =>
        steer(request) ?? script.Default ?? FramedReply.Line(request.Words[0] switch
        {
            "set" or "add" or "replace" or "append" or "prepend" or "cas" => "STORED",
            "ms" or "md" or "ma" => "HD",
            "mg" or "me" => "EN",
            "mn" => "MN",
            "get" or "gets" or "gat" or "gats" or "stats" => "END",
            "delete" => "DELETED",
            "touch" => "TOUCHED",
            "incr" or "decr" => "1",
            "version" => "VERSION 1.6.0",
            "flush_all" or "verbosity" => "OK",
            _ => "ERROR",
        });

    public FramedReply Fault(string text) => FramedReply.Line("CLIENT_ERROR bad data chunk").And(ReplyThen.Close);
}
