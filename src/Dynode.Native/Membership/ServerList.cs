using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using CommunityToolkit.HighPerformance.Buffers;
using Dynode.Broadcast.Backends;

namespace Dynode.Native.Membership;

/// <summary>
/// Reads an answer of the list URL: a non-empty JSON array of <c>"host:port"</c>, with <c>tls://</c> or <c>tcp://</c> before it where that is to be said. Pure; whatever the bytes are, there is
/// a verdict. One bad entry spoils the whole answer: half a list would send half of the servers nothing, in silence.
/// </summary>
internal static class ServerList
{
    /// <summary>What a list may be deep; a good one is 1, the rest is there to name what is wrong.</summary>
    public const int DepthMax = 8;

    /// <summary>Each server costs each client a connection: a list longer than this is a mistake or an attack.</summary>
    public const int AddressesMax = 1024;

    public static ListVerdict Parse(in ReadOnlySequence<byte> answer)
    {
        // One span: over several segments Utf8JsonReader throws IndexOutOfRangeException where a literal such as null is
        // broken at the end of a segment (seen in 10.0.12). Real answers fit into the first segment and are not copied.
        if (answer.IsSingleSegment)
            return Parse(answer.FirstSpan);
        using SpanOwner<byte> whole = SpanOwner<byte>.Allocate((int)answer.Length);
        answer.CopyTo(whole.Span);
        return Parse(whole.Span);
    }

    private static ListVerdict Parse(ReadOnlySpan<byte> answer)
    {
        if (answer.IsEmpty)
            return ListVerdict.Bad("the answer is empty");
        if (answer.StartsWith("\uFEFF"u8))
            return ListVerdict.Bad("the answer begins with a byte order mark, which is not part of JSON");

        try
        {
            var reader = new Utf8JsonReader(answer, new JsonReaderOptions { MaxDepth = DepthMax });
            JsonElement root = JsonSerializer.Deserialize(ref reader, ServerListJson.Default.JsonElement);
            // The serializer stops behind the first value; only the end of the bytes may follow it.
            reader.Read();
            return Read(root);
        }
        catch (JsonException e)
        {
            return ListVerdict.Bad(Describe(e));
        }
    }

    private static ListVerdict Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Array)
            return ListVerdict.Bad($"the answer is {Kind(root.ValueKind)}, not an array of \"host:port\"");

        int count = root.GetArrayLength();
        if (count == 0)
            return ListVerdict.Bad("the answer is an empty array");
        if (count > AddressesMax)
            return ListVerdict.Bad($"the answer has {count} entries, more than {AddressesMax}");

        var addresses = ImmutableArray.CreateBuilder<BackendAddress>(count);
        foreach (JsonElement entry in root.EnumerateArray())
        {
            int place = addresses.Count + 1;
            if (entry.ValueKind != JsonValueKind.String)
                return Bad(place, $"is {Kind(entry.ValueKind)}, not a string");
            if (!TryText(entry, out string text))
                return Bad(place, "is not valid UTF-8");
            string plain = text;
            _ = ServerScheme.Take(ref plain);
            if (plain.StartsWith("dns:", StringComparison.Ordinal) && plain.Count(':') > 1)
                return Bad(place, $"{Excerpt.Quote(text)} is a name to be looked up: those stand in servers= alone");
            if (!ServerScheme.TryParse(text, out BackendAddress? address, out string? fault))
                return Bad(place, $"{Excerpt.Quote(text)} {fault}");
            addresses.Add(address);
        }

        return ListVerdict.Good(addresses.MoveToImmutable());
    }

    private static ListVerdict Bad(int place, string fault) =>
        ListVerdict.Bad(string.Create(CultureInfo.InvariantCulture, $"entry {place} {fault}"));

    // The reader looks for quotes and control characters only; wrong UTF-8 and lone surrogates surface here.
    private static bool TryText(JsonElement entry, out string text)
    {
        try
        {
            text = entry.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            text = "";
            return false;
        }
    }

    private static string Kind(JsonValueKind kind) => kind switch
    {
        JsonValueKind.Null => "null",
        JsonValueKind.Number => "a number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        _ => "a string",
    };

    // The reader's own sentence, without the place that it appends: that follows in our words, counted from one.
    private static string Describe(JsonException fault)
    {
        string reason = fault.Message;
        foreach (string tail in (ReadOnlySpan<string>)[" Path: ", " LineNumber: "])
        {
            int at = reason.IndexOf(tail, StringComparison.Ordinal);
            if (at >= 0)
                reason = reason[..at];
        }

        reason = Excerpt.Escape(reason.TrimEnd('.'));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"the answer is no valid JSON (line {fault.LineNumber + 1}, byte {fault.BytePositionInLine + 1}): {reason}");
    }
}
