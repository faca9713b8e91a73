using Dynode.Native.Admin;
using Dynode.Native.Control;
using Dynode.Native.Hosting;
using Dynode.TestKit;
using Dynode.UnitTests.Native.Admin;

namespace Dynode.UnitTests.Native.Control;

/// <summary>Verbs that ask an admin port which speaks TLS.</summary>
public sealed class AskedByTlsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TestAuthority _authority = new();
    private readonly ShownFromFolder _shown;
    private readonly AdminUnderTest _admin;
    private readonly StringWriter _output = new();
    private readonly StringWriter _error = new();

    public AskedByTlsTests()
    {
        _shown = new(_authority, TimeProvider.System);
        _shown.Write(0, _authority.Issue("127.0.0.1"));
        _shown.Tls.Look();
        _admin = new AdminUnderTest(_shown.Tls, TimeProvider.System, TimeSpan.FromSeconds(60), AdminPatience.Usual);
    }

    private string Place => $"https://127.0.0.1:{_admin.Address.Port}";

    [Fact]
    public void It_is_asked_where_an_authority_that_is_named_has_signed_its_certificate()
    {
        string ca = _folder.Write("ca.pem", _authority.Pem);
        Assert.Equal((VerbStatus.Good, ""), (Run("status", "--at", Place, "--ca", ca), _error.ToString()));
        Assert.StartsWith("dynode 1.2.3", _output.ToString(), StringComparison.Ordinal);
        Assert.Equal(1, _admin.AdminHandshakes!.Done);
    }

    [Fact]
    public void Without_it_nothing_is_asked_and_the_reason_is_the_certificates()
    {
        Assert.Equal(VerbStatus.NotAllowed, Run("status", "--at", Place));
        Assert.Contains("certificate: none of the authorities that are trusted has signed it (CN=127.0.0.1, by CN=a test's authority", _error.ToString(), StringComparison.Ordinal);
        _shown.Write(0, _authority.Issue("elsewhere.test"));
        _shown.Tls.Look();
        Assert.Equal(VerbStatus.NotAllowed, Run("status", "--at", Place, "--ca", _folder.Write("ca.pem", _authority.Pem)));
        Assert.Contains("certificate: name mismatch: it is for elsewhere.test, and not for 127.0.0.1", _error.ToString(), StringComparison.Ordinal);
        Assert.Equal("", _output.ToString());
    }

    [Fact]
    public void Who_asks_without_TLS_is_told_how_else()
    {
        Assert.NotEqual(VerbStatus.Good, Run("status", "--at", Place["https://".Length..]));
        Assert.Contains("where admin_tls=true it is asked by --at https://HOST:PORT", _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--ca goes with --at https://HOST:PORT.", "--ca", "ca.pem")]
    [InlineData("--ca goes with --at https://HOST:PORT.", "--ca", "ca.pem", "--at", "127.0.0.1:1")]
    [InlineData("--ca goes with --at https://HOST:PORT.", "--ca", "ca.pem", "--at", "unix:/run/x")]
    [InlineData("--ca: /none.pem does not exist", "--ca", "/none.pem", "--at", "https://127.0.0.1:1")]
    public void What_cannot_be_meant_is_said(string fault, params string[] more)
    {
        Assert.Equal(VerbStatus.Usage, Run(["status", .. more]));
        Assert.Contains(fault, _error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://10.0.0.1:9100", "at https://10.0.0.1:9100", true)]
    [InlineData("https://[::1]:9100", "at https://[::1]:9100", true)]
    [InlineData("10.0.0.1:9100", "at 10.0.0.1:9100", false)]
    [InlineData("https://10.0.0.1", null, false)]
    [InlineData("https://", null, false)]
    [InlineData("https://unix:/run/x", null, false)]
    [InlineData("http://10.0.0.1:9100", null, false)]
    [InlineData(" unix:/run/x", null, false)]
    public void A_place_is_what_it_says(string text, string? said, bool isTls)
    {
        ControlPlace? place = ControlPlace.TryParse(text, out string? fault);
        Assert.Equal((said, isTls, said is null), (place?.Said, place?.IsTls ?? false, fault is not null));
    }

    public void Dispose()
    {
        _admin.Dispose();
        _shown.Dispose();
        _authority.Dispose();
        _folder.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    private int Run(params string[] args) => new CommandLine(_output, _error).Run(args);
}
