using System.Runtime.Versioning;
using Dynode.Native.Configuration;
using static Dynode.UnitTests.Native.Configuration.Reading;

namespace Dynode.UnitTests.Native.Configuration;

/// <summary>Where secrets may stand beside the configuration: in files, in those that systemd makes for a service, and whether everybody may read them there.</summary>
[SupportedOSPlatform("linux")]
public sealed class SecretPlacesTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Everybody = Owner | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private readonly TemporaryFolder _folder = new();

    public SecretPlacesTests() => File.SetUnixFileMode(_folder.Root, Owner | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("http://a:b@registry/list", "\n")]
    [InlineData("\uFEFFhttps://registry/list", "")]
    [InlineData("  https://registry/list", " \r\n")]
    public void A_url_may_stand_in_a_file_of_its_own(string url, string end)
    {
        string path = _folder.Write("url", url + end);
        HostSettings settings = OfSets("servers_autoupdate=true", $"servers_autoupdate_url=@{path}").Good();
        Assert.Equal(url.Trim().TrimStart('\uFEFF'), settings.Values.Text(ConfigurationKeys.AutoUpdateUrl));
        Assert.Equal(path, settings.Values[ConfigurationKeys.AutoUpdateUrl].File);
    }

    [Theory]
    [InlineData("", "holds nothing")]
    [InlineData(" \n\n", "holds nothing")]
    [InlineData("http://a\nhttp://b\n", "holds more than a line")]
    [InlineData("http://a\0", "holds more than a line")]
    public void What_is_in_it_must_be_a_line(string content, string fault)
    {
        string path = _folder.Write("url", content);
        Assert.Equal([$"--set: servers_autoupdate_url: {path} {fault}"], OfSets(Servers, $"servers_autoupdate_url=@{path}").Faults());
    }

    [Fact]
    public void It_must_be_utf8()
    {
        string path = _folder.Write("url", [0xFF, 0xFE, 0x41]);
        Assert.Equal([$"--set: servers_autoupdate_url: {path} is no UTF-8 text"], OfSets(Servers, $"servers_autoupdate_url=@{path}").Faults());
    }

    [Fact]
    public void A_file_that_holds_no_url_is_a_fault_that_shows_no_password()
    {
        string path = _folder.Write("url", "ftp://me:hunter2@registry/");
        string fault = Assert.Single(OfSets(Servers, $"servers_autoupdate_url=@{path}").Faults());
        Assert.EndsWith("is no http:// or https:// URL", fault);
        Assert.DoesNotContain("hunter2", fault);
    }

    [Theory]
    [InlineData("servers_autoupdate_url")]
    [InlineData("client_password")]
    public void A_file_that_is_not_there_is_a_fault_but_where_a_stronger_place_says_something_else(string key)
    {
        string weak = $"{_folder.Root}/none";
        Assert.Equal([$"--set: {key}: {weak} does not exist"], OfSets(Servers, "protocol=redis", $"{key}=@{weak}").Faults());
        Assert.Empty(Of(null, [($"DYNODE__{key.ToUpperInvariant()}", $"@{weak}")], Servers, "protocol=redis", $"{key}=http://a").Faults);
    }

    [Theory]
    [InlineData("client_password=@$CREDENTIALS_DIRECTORY/one")]
    [InlineData("client_password=@${CREDENTIALS_DIRECTORY}/one")]
    public void A_password_may_be_a_credential_of_systemds(string set)
    {
        _folder.Write("one", "hunter2\n");
        HostSettings settings = Of(null, [("CREDENTIALS_DIRECTORY", _folder.Root)], Servers, "protocol=redis", set).Good();
        Assert.Equal("hunter2", settings.Values.Secret(ConfigurationKeys.ClientPassword));
        Assert.Equal($"{_folder.Root}/one", settings.Values[ConfigurationKeys.ClientPassword].File);
    }

    [Fact]
    public void So_may_any_path_and_each_of_several()
    {
        (string Name, string Value)[] environment = [("CREDENTIALS_DIRECTORY", "/run/credentials/dynode.service/")];
        string[] faults = Of(null, environment, Servers, "tls_port=9443", "tls_certificate=/a.pem, $CREDENTIALS_DIRECTORY/b.pem", "tls_key=${CREDENTIALS_DIRECTORY}/a.key,/b.key").Faults();
        Assert.Contains("/a.pem does not exist", Assert.Single(faults));
        Assert.Equal("/run/credentials/dynode.service/state", Of(null, environment, Servers, "state_directory=$CREDENTIALS_DIRECTORY/state").Good().StateDirectory);
    }

    [Theory]
    [InlineData(null, "is not set")]
    [InlineData("", "is not set")]
    [InlineData("relative", "is no path that begins with /")]
    public void Without_such_a_directory_it_is_a_fault_and_never_a_password(string? directory, string why)
    {
        (string Name, string Value)[] environment = directory is null ? [] : [("CREDENTIALS_DIRECTORY", directory)];
        foreach (string set in (string[])["client_password=@$CREDENTIALS_DIRECTORY/one", "tls_key=$CREDENTIALS_DIRECTORY/one"])
        {
            Assert.Equal(
                [$"--set: {set[..set.IndexOf('=', StringComparison.Ordinal)]}: $CREDENTIALS_DIRECTORY/one: CREDENTIALS_DIRECTORY {why}; systemd sets it for a service that has LoadCredential="],
                Of(null, environment, Servers, "protocol=redis", set).Faults());
        }
    }

    [Theory]
    [InlineData("client_password=$CREDENTIALS_DIRECTORY/one")]
    [InlineData("client_password=@one/$CREDENTIALS_DIRECTORY/one")]
    public void All_else_is_a_password(string set) =>
        Assert.Equal(set["client_password=".Length..], OfSets(Servers, "protocol=redis", set).Good().Values.Secret(ConfigurationKeys.ClientPassword));

    [Fact]
    public void No_other_variable_is_known() =>
        Assert.Equal(["--set: state_directory=$HOME/x is no path that begins with /"], Of(null, [("HOME", "/root")], Servers, "state_directory=$HOME/x").Faults());

    [Fact]
    public void Secrets_that_everybody_may_read_are_listed()
    {
        string open = Secret("open", Everybody), closed = Secret("closed", Owner), grouped = Secret("grouped", Owner | UnixFileMode.GroupRead);
        Assert.Equal([("client_password", open)], Listed("protocol=redis", $"client_password=@{open}", $"backend_password=@{closed}"));
        Assert.Empty(Listed("protocol=redis", $"client_password=@{grouped}", $"backend_password=@{closed}"));
        Assert.Equal([("backend_password", open), ("admin_token", open)], Listed("protocol=redis", "admin=*:1", $"admin_token=@{open}", $"backend_password=@{open}"));
    }

    [Fact]
    public void A_link_is_what_it_leads_to_and_a_closed_directory_closes_all_in_it()
    {
        string closed = Secret("closed", Owner), open = Secret("inside/open", Everybody);
        string toClosed = $"{_folder.Root}/to-closed", toOpen = $"{_folder.Root}/to-open";
        File.CreateSymbolicLink(toClosed, closed);
        File.CreateSymbolicLink(toOpen, open);
        Assert.Empty(Listed("protocol=redis", $"client_password=@{toClosed}"));
        Assert.Equal([("client_password", toOpen)], Listed("protocol=redis", $"client_password=@{toOpen}"));
        Assert.Equal([("client_password", open)], Listed("protocol=redis", $"client_password=@{open}"));
        File.SetUnixFileMode($"{_folder.Root}/inside", Owner | UnixFileMode.UserExecute);
        Assert.Empty(Listed("protocol=redis", $"client_password=@{open}"));
    }

    private (string Key, string Path)[] Listed(params string[] sets) =>
        [.. OpenSecrets.Of(OfSets([Servers, .. sets]).Good().Values, ModeOf).Select(static file => (file.Key.Name, file.Path))];

    // Whoever runs the tests may have closed the folder of temporary files to others.
    private UnixFileMode ModeOf(string path) =>
        path.StartsWith(_folder.Root, StringComparison.Ordinal) ? File.GetUnixFileMode(path) : Everybody | UnixFileMode.OtherExecute;

    private string Secret(string name, UnixFileMode mode)
    {
        string path = _folder.Write(name, "1234567890123456");
        File.SetUnixFileMode(path, mode);
        foreach (string folder in Directory.GetDirectories(_folder.Root))
            File.SetUnixFileMode(folder, Owner | UnixFileMode.UserExecute | UnixFileMode.OtherExecute);
        return path;
    }
}
