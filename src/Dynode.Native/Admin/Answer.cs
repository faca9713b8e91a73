namespace Dynode.Native.Admin;

/// <summary>What a request is answered with.</summary>
/// <param name="status">Of HTTP.</param>
/// <param name="contentType">Of the body.</param>
/// <param name="body">Whole.</param>
internal sealed class Answer(int status, string contentType, ReadOnlyMemory<byte> body)
{
    public const string PlainText = "text/plain; charset=utf-8";
    public const string Json = "application/json; charset=utf-8";

    public int Status => status;

    public string ContentType => contentType;

    public ReadOnlyMemory<byte> Body => body;

    /// <summary>For 405: what is allowed there.</summary>
    public string? Allow { get; private init; }

    /// <summary>Sentences, one a line.</summary>
    public static Answer Text(int status, string text) => new(status, PlainText, System.Text.Encoding.UTF8.GetBytes(text + "\n"));

    /// <summary><c>{"error":…}</c>.</summary>
    public static Answer Error(int status, string text, string? allow = null)
    {
        var body = JsonBody.Of(json =>
        {
            json.WriteStartObject();
            json.WriteString("error"u8, text);
            json.WriteEndObject();
        });
        return new(status, Json, body) { Allow = allow };
    }
}
