using System.Security.Cryptography;
using System.Text;
using Dynode.Native.Admin;
using Dynode.UnitTests.House;

namespace Dynode.UnitTests.Native.Admin;

/// <summary>What a browser is told of the page is the page's.</summary>
public sealed class StatusPageTests
{
    [Fact]
    public void The_digests_are_those_of_the_one_script_and_the_one_style_in_the_file()
    {
        string page = SourceTree.Read("src/Dynode.Native/Admin/StatusPage.html");
        Assert.Equal((DigestOf(page, "script"), DigestOf(page, "style")), (StatusPage.ScriptDigest, StatusPage.StyleDigest));
    }

    [Fact]
    public async Task The_page_is_served_as_it_is_with_its_policy_and_nothing_else_has_that()
    {
        using var admin = new AdminUnderTest();
        var (status, body, response) = await admin.AskAsync("/");
        Assert.Equal((200, SourceTree.Read("src/Dynode.Native/Admin/StatusPage.html")), (status, body));
        Assert.Equal(StatusPage.Policy, response.Headers.GetValues("Content-Security-Policy").Single());
        Assert.Equal("default-src 'none'; frame-ancestors 'none'", (await admin.AskAsync("/status")).Response.Headers.GetValues("Content-Security-Policy").Single());
    }

    private static string DigestOf(string page, string element)
    {
        string[] parts = page.Split($"<{element}>");
        Assert.Equal(2, parts.Length);
        return Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(parts[1].Split($"</{element}>")[0])));
    }
}
