using System.Text;
using Dynode.TestKit;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>client_password=@/path: a file without a password in it must never open the door.</summary>
public sealed class PasswordFileTests : IDisposable
{
    private const int ConfigurationFault = 78;
    private const string Asks = "*1\r\n$6\r\nDBSIZE\r\n";
    private const string NoAuth = "-NOAUTH Authentication required.\r\n";
    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData("")]
    [InlineData("\r\n")]
    [InlineData(" \n")]
    public async Task A_file_without_a_password_ends_the_start_with_its_place(string content)
    {
        string secret = _folder.Write("secret", content);
        string file = _folder.Write("configuration", $"servers=127.0.0.1:1\nprotocol=redis\nclient_password=@{secret}\n");
        using var dynode = ProcessUnderTest.Start(Binary.Path, ["-c", file]);
        Assert.Equal(ConfigurationFault, await dynode.ExitAsync());
        Assert.Contains(dynode.Lines, line => line.StartsWith($"{file}:3: client_password: {secret} ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_that_a_rotation_has_emptied_keeps_the_old_password_and_the_log_says_so()
    {
        // No text in any encoding, and a zero in it.
        byte[] password = [0x73, 0xE9, 0x00, 0xFF, 0x31];
        string secret = Path.Combine(_folder.Path, "secret");
        File.WriteAllBytes(secret, [.. password, (byte)'\n']);
        using ScriptedServer server = ScriptedServer.Start();
        using RunningDynode dynode = RunningDynode.Start([server], ["protocol=redis", $"client_password=@{secret}"]);
        Assert.Equal(NoAuth, await AskAsync(dynode, Encoding.ASCII.GetBytes(Asks)));

        File.WriteAllBytes(secret, []);
        dynode.Process.Send(UnixSignal.Hangup);
        await dynode.Process.LineAsync($"client_password: {secret} is empty");
        Assert.Equal(NoAuth, await AskAsync(dynode, Encoding.ASCII.GetBytes(Asks)));
        Assert.Equal("+OK\r\n", await AskAsync(dynode, Auth(password)));

        File.WriteAllText(secret, "new\n");
        dynode.Process.Send(UnixSignal.Hangup);
        await dynode.Process.LineAsync("changed: client_password");
        Assert.StartsWith("-WRONGPASS", await AskAsync(dynode, Auth(password)), StringComparison.Ordinal);
        Assert.Equal("+OK\r\n", await AskAsync(dynode, Auth("new"u8.ToArray())));
    }

    public void Dispose() => _folder.Dispose();

    private static byte[] Auth(byte[] password) =>
        [.. "*2\r\n$4\r\nAUTH\r\n"u8, .. Encoding.ASCII.GetBytes($"${password.Length}\r\n"), .. password, .. "\r\n"u8];

    private static async Task<string> AskAsync(RunningDynode dynode, byte[] request)
    {
        using TestClient client = await dynode.ClientAsync();
        await client.SendAsync(request);
        client.ShutdownSend();
        return (await client.ReadToEndAsync()).Text;
    }
}
