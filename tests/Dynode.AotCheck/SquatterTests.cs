using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using Dynode.TestKit;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>
/// Any user of the machine can take a control socket's name first. Root asks as another user; nobody else can, and asks from a user namespace
/// in which the server's user has no number.
/// </summary>
[SupportedOSPlatform("linux")]
public sealed class SquatterTests : IDisposable
{
    private const int NotAllowed = 77;

    private readonly ControlServer _server = ControlServer.OnName().Answering();
    private readonly string _folder = Directory.CreateTempSubdirectory("dynode-test-").FullName;

    public void Dispose()
    {
        _server.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("drain")]
    [InlineData("reload")]
    [InlineData("top")]
    [InlineData("wait", "--ready")]
    public async Task Nothing_is_said_to_another_user_that_has_the_name(params string[] verb)
    {
        using ProcessUnderTest asking = AsAnother(verb);
        Assert.Equal(NotAllowed, await asking.ExitAsync());
        string who = Environment.IsPrivilegedProcess
            ? $"who answers there is user 0, and nobody listens on port {_server.Port}"
            : "who answers there is a user that this user namespace does not know";
        Assert.Equal($"dynode: nothing was said to the broadcaster on port {_server.Port}: {who}", Assert.Single(asking.Lines));
        Assert.Equal(1, _server.Accepted);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task The_owner_of_the_port_is_no_squatter()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, _server.Port));
        listener.Listen();
        using ProcessUnderTest asking = AsAnother("status");
        Assert.Equal(Environment.IsPrivilegedProcess ? 0 : NotAllowed, await asking.ExitAsync());
        Assert.Equal(Environment.IsPrivilegedProcess, _server.Requests.Count > 0);
    }

    [Fact]
    public async Task A_broadcaster_that_hangs_up_on_other_users_does_not_allow_it()
    {
        if (!Environment.IsPrivilegedProcess)
            return;
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, _server.Port));
        listener.Listen();
        _server.HangsUp = true;
        using ProcessUnderTest asking = AsAnother("status");
        Assert.Equal(NotAllowed, await asking.ExitAsync());
        Assert.Equal($"dynode: the broadcaster on port {_server.Port} does not allow it: root alone may ask it", Assert.Single(asking.Lines));
    }

    private ProcessUnderTest AsAnother(params string[] verb)
    {
        // Where the other user may read it.
        string binary = Path.Combine(_folder, "dynode");
        File.Copy(Binary.Path, binary);
        File.SetUnixFileMode(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        string[] other = Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=4711", "--regid=4711", "--clear-groups"] : ["unshare", "--user"];
        return ProcessUnderTest.Start(other[0], [.. other[1..], binary, .. verb, "--port", $"{_server.Port}"], folder: "/");
    }
}
