using System.Text;
using System.Text.Json;
using CsCheck;
using Dynode.Native.Hosting.Logging;
using Microsoft.Extensions.Logging;

namespace Dynode.UnitTests.Native.Logging;

public class LogLineTests
{
    private static readonly DateTime At = new(2026, 1, 31, 12, 0, 0, 123, DateTimeKind.Utc);

    [Fact]
    public void A_text_line_has_time_level_id_sentence_and_the_fields_that_the_sentence_does_not_show() =>
        Assert.Equal(
            "2026-01-31T12:00:00.123Z INFO  2001 client 10.0.0.1:5 connected server=[::1]:6379 count=3 reason=\"a b\" none=\"\"\n",
            Text("client 10.0.0.1:5 connected", ("Client", "10.0.0.1:5"), ("server", "[::1]:6379"), ("count", 3), ("reason", "a b"), ("none", null), ("{OriginalFormat}", "client {Client} connected")));

    [Theory]
    [InlineData(LogLevel.Trace, "TRACE 2001 ")]
    [InlineData(LogLevel.Debug, "DEBUG 2001 ")]
    [InlineData(LogLevel.Information, "INFO  2001 ")]
    [InlineData(LogLevel.Warning, "WARN  2001 ")]
    [InlineData(LogLevel.Error, "ERROR 2001 ")]
    [InlineData(LogLevel.Critical, "ERROR 2001 ")]
    public void Levels_have_the_names_of_the_configuration(LogLevel level, string shown) =>
        Assert.Equal(shown, Render(LogFormat.Text, new LogEvent(At, level, new EventId(2001), "", null, null))[25..36]);

    [Fact]
    public void A_JSON_line_is_one_object_with_every_field_under_its_name()
    {
        string line = Json("client \"x\" connected", ("Client", "x"), ("Count", 3L), ("Ratio", 0.5), ("Open", true), ("Gone", null), ("msg", "ours?"), ("{OriginalFormat}", "client {Client}"));
        Assert.EndsWith("}\n", line, StringComparison.Ordinal);
        JsonElement json = JsonDocument.Parse(line).RootElement;
        Assert.Equal(
            """{"ts":"2026-01-31T12:00:00.123Z","level":"INFO","event":2001,"name":"Connected","msg":"client \"x\" connected","Client":"x","Count":3,"Ratio":0.5,"Open":true,"Gone":null,"msg_":"ours?"}""",
            json.GetRawText());
    }

    [Theory]
    [InlineData("a\nb", "a\\nb")]
    [InlineData("a\r\tb", "a\\r\\tb")]
    [InlineData("\u001b[2J\u0000\u007f\u0085", "\\u001b[2J\\u0000\\u007f\\u0085")]
    [InlineData("a\u2028\u202eb", "a\\u2028\\u202eb")]
    [InlineData("größe 😀", "größe 😀")]
    public void What_a_terminal_would_obey_is_shown_and_not_done(string text, string shown)
    {
        Assert.Equal($"2026-01-31T12:00:00.123Z INFO  2001 {shown}\n", Text(text));
        Assert.DoesNotContain(Json(text).TrimEnd('\n'), char.IsControl);
    }

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("a\"b", "\"a\\\"b\"")]
    [InlineData("a=b\\c", "\"a=b\\\\c\"")]
    [InlineData("two words\n", "\"two words\\n\"")]
    public void A_value_ends_where_it_is_seen_to_end(string value, string shown) =>
        Assert.EndsWith($" x={shown}\n", Text("", ("x", value)), StringComparison.Ordinal);

    [Fact]
    public void An_exception_stays_on_the_line()
    {
        var error = new InvalidOperationException("one\ntwo");
        foreach (LogFormat format in (LogFormat[])[LogFormat.Text, LogFormat.Json])
        {
            string line = Render(format, new LogEvent(At, LogLevel.Error, new EventId(1), "x", null, error));
            Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
            Assert.Contains("InvalidOperationException: one\\ntwo", line, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(LogEvent.ValueCharactersMax - 1, false)]
    [InlineData(LogEvent.ValueCharactersMax, false)]
    [InlineData(LogEvent.ValueCharactersMax + 1, true)]
    public void A_long_value_is_cut(int length, bool isCut) =>
        Assert.EndsWith(isCut ? "x...\n" : "xx\n", Text("", ("v", new string('x', length))), StringComparison.Ordinal);

    [Fact]
    public void Whatever_is_logged_gives_one_line_and_in_JSON_one_object()
    {
        Gen<string> any = Gen.Char['\0', '\uffff'].Array[0, 40].Select(characters => new string(characters));
        Gen.Select(any, any, any).Sample((text, name, value) =>
        {
            string line = Text(text, (name, value), ("x", value));
            Assert.Equal(line.Length - 1, line.IndexOfAny(['\n', '\r']));
            Assert.DoesNotContain(line[..^1], c => char.IsControl(c));

            line = Json(text, (name, value), ("x", value));
            Assert.Equal(line.Length - 1, line.IndexOf('\n', StringComparison.Ordinal));
            Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(line).RootElement.ValueKind);
        });
        Assert.Equal("lone \uFFFD surrogate", JsonDocument.Parse(Json("lone \ud800 surrogate")).RootElement.GetProperty("msg").GetString());
    }

    private static string Text(string text, params (string, object?)[] fields) => Render(LogFormat.Text, text, fields);

    private static string Json(string text, params (string, object?)[] fields) => Render(LogFormat.Json, text, fields);

    private static string Render(LogFormat format, string text, (string Name, object? Value)[] fields) =>
        Render(format, new LogEvent(
            At, LogLevel.Information, new EventId(2001, "Connected"), text, [.. fields.Select(field => KeyValuePair.Create(field.Name, field.Value))], null));

    private static string Render(LogFormat format, LogEvent logged) => Encoding.UTF8.GetString(LineBuffer.Mine.Render(format, logged));
}
