using Dynode.Native.Configuration;

namespace Dynode.UnitTests.Native.Configuration;

public sealed class SecretTests
{
    private const string Secret = "hunter2";

    [Fact]
    public void A_secret_that_begins_with_an_at_sign_and_no_path_is_itself() =>
        Assert.Equal("@home", Reading.OfSets(Reading.Servers, "client_password=@home").Good().Values.Secret(ConfigurationKeys.ClientPassword));

    [Fact]
    public void A_secret_file_that_cannot_be_read_is_a_fault() =>
        Assert.Equal(
            ["--set: client_password: /no/such/file does not exist", "--set: backend_password: / is a directory"],
            Reading.OfSets(Reading.Servers, "client_password=@/no/such/file", "backend_password=@/").Faults());

    [Fact]
    public void The_file_of_a_secret_that_is_overridden_need_not_be_there() =>
        Reading.OfFile("servers=a:1\nclient_password=@/no/such/file", $"client_password={Secret}").Good();

    [Fact]
    public void No_secret_is_ever_printed()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("secret", Secret);
        HostSettings settings = Reading.OfSets(
            Reading.Servers,
            $"client_password={Secret}",
            $"backend_password=@{path}",
            $"servers_autoupdate_url=http://user:{Secret}@list/a?b=c",
            $"servers_autoupdate_parameters=a={Secret}&{Secret}&b=").Good();
        var output = new StringWriter();
        CheckReport.Write(settings, output);

        Assert.DoesNotContain(Secret, output.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, settings.Broadcast.ToString(), StringComparison.Ordinal);
        Assert.Contains("client_password=***\t", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("servers_autoupdate_url=http://user:***@list/a?b=c\t", output.ToString(), StringComparison.Ordinal);
        Assert.Contains("servers_autoupdate_parameters=a=***&***&b=\t", output.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("servers_autoupdate_url=ftp://user:hunter2@list")]
    [InlineData("servers_autoupdate_url=htp//user:hunter2@list")]
    [InlineData("servers_autoupdate_url=user:hunter2@list")]
    [InlineData("servers_autoupdate_url=http://user:hunter2@:x")]
    [InlineData("client_password=hunter2\u0001")]
    [InlineData("servers_autoupdate_parameters=hunter2\u0001")]
    [InlineData("client_pasword=hunter2")]
    public void No_fault_shows_a_secret(string set) =>
        Assert.DoesNotContain(Secret, Assert.Single(Reading.OfSets(Reading.Servers, set).Faults()), StringComparison.Ordinal);

    [Theory]
    [InlineData("http://list/a@b", "http://list/a@b")]
    [InlineData("https://list:8443/?a=b", "https://list:8443/?a=b")]
    [InlineData("http://token@list/", "http://***@list/")]
    [InlineData("http://user:p@list/", "http://user:***@list/")]
    [InlineData("http://user:12/34@list/", "http://user:***@list/")]
    [InlineData("http://user:/@34@list/", "http://user:***@list/")]
    [InlineData("http://list:8080/a@b", "http://list:***@b")]
    public void Of_a_url_what_may_be_a_password_is_hidden(string url, string shown) =>
        Assert.Equal(shown, Shown.Value(ConfigurationKeys.AutoUpdateUrl, url));
}
