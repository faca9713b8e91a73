using System.Runtime.Versioning;
using System.Text;
using Dynode.TestKit;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>client_password=@/path: a file without a password in it must never open the door.</summary>
[SupportedOSPlatform("linux")]
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

    [Fact]
    public async Task A_credential_of_systemds_is_a_password_and_one_that_everybody_may_read_is_said()
    {
        string secret = _folder.Write("clients", "hunter2\n");
        File.SetUnixFileMode(secret, UnixFileMode.UserRead);
        var environment = new Dictionary<string, string?> { ["CREDENTIALS_DIRECTORY"] = _folder.Path };
        using ScriptedServer server = ScriptedServer.Start();
        using RunningDynode dynode = RunningDynode.Start([server], ["protocol=redis", "client_password=@${CREDENTIALS_DIRECTORY}/clients"], environment);
        Assert.Equal("+OK\r\n", await AskAsync(dynode, Auth("hunter2"u8.ToArray())));
        Assert.DoesNotContain(dynode.Process.Lines, static line => line.Contains(" 2026 ", StringComparison.Ordinal));

        // As far as the folders on the way to it let everybody through.
        const UnixFileMode Through = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherExecute;
        File.SetUnixFileMode(_folder.Path, Through);
        File.SetUnixFileMode(secret, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        bool isOpen = true;
        for (DirectoryInfo? on = Directory.GetParent(_folder.Path); on is not null; on = on.Parent)
            isOpen &= (on.UnixFileMode & UnixFileMode.OtherExecute) != 0;
        dynode.Process.Send(UnixSignal.Hangup);
        if (isOpen)
            await dynode.Process.LineAsync($" 2026 client_password: everybody on this machine may read {secret}, which holds a secret");
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
