using System.Security.Cryptography;
using System.Text;

namespace Dynode.Native.Admin;

/// <summary>
/// The page for people: one file that is part of the program, with its script and its style in it. A browser is told their digests, and
/// runs, loads and asks for nothing else.
/// </summary>
internal sealed class StatusPage
{
    private const string Resource = "StatusPage.html";

    public StatusPage()
    {
        using var stream = typeof(StatusPage).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"the resource {Resource} is missing");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        Answer = new Answer(200, "text/html; charset=utf-8", bytes);
        string text = Encoding.UTF8.GetString(bytes);
        Policy = $"default-src 'none'; script-src {Digest(text, "script")}; style-src {Digest(text, "style")}; connect-src 'self'; img-src data:; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    }

    public Answer Answer { get; }

    /// <summary>The page's Content-Security-Policy.</summary>
    public string Policy { get; }

    /// <summary>Of the text of the one such element.</summary>
    private static string Digest(string page, string element)
    {
        int from = page.IndexOf($"<{element}>", StringComparison.Ordinal);
        int to = page.IndexOf($"</{element}>", StringComparison.Ordinal);
        if (from < 0 || to < from)
            return "'none'";
        from += element.Length + 2;
        return $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(page[from..to])))}'";
    }
}
