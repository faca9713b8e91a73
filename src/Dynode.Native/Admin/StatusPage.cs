namespace Dynode.Native.Admin;

/// <summary>
/// The page for people: one file that is part of the program, with its script and its style in it. A browser is told their digests, and
/// runs, loads and asks for nothing else. The digests stand here, and a test holds them to the file: to make one takes OpenSSL's library, where
/// there may be none.
/// </summary>
internal sealed class StatusPage
{
    /// <summary>SHA-256 of what stands between the file's script tags.</summary>
    public const string ScriptDigest = "s5IuM/+5Q12OyC38f5tH0V9CclYuoK01x0eWkgnH9W4=";

    /// <summary>SHA-256 of what stands between its style tags.</summary>
    public const string StyleDigest = "RoOV3NsW2KoC5byTtq0v1gYmwAUtP50WtDTvfU9VCnQ=";

    /// <summary>The page's Content-Security-Policy.</summary>
    public const string Policy = $"default-src 'none'; script-src 'sha256-{ScriptDigest}'; style-src 'sha256-{StyleDigest}'; connect-src 'self'; img-src data:; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private const string Resource = "StatusPage.html";

    public StatusPage()
    {
        using var stream = typeof(StatusPage).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"the resource {Resource} is missing");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        Answer = new Answer(200, "text/html; charset=utf-8", bytes);
    }

    public Answer Answer { get; }
}
