using System.Diagnostics;
using System.Text;
using Dynode.Native.Configuration;
using Dynode.Protocols;

namespace Dynode.UnitTests.Native.Configuration;

/// <summary>A password in a file of its own: its bytes, or a fault; never none.</summary>
public sealed class SecretFileTests
{
    [Theory]
    [InlineData("hunter2")]
    [InlineData("hunter2\n")]
    [InlineData("hunter2\r\n")]
    [InlineData("hunter2\r")]
    [InlineData("hunter2\n\n")]
    [InlineData("hunter2\r\n\r\n")]
    [InlineData("\uFEFFhunter2")]
    [InlineData("\uFEFFhunter2\r\n")]
    public void A_mark_and_the_line_ends_at_the_end_are_no_part_of_it(string content) => Assert.Equal("hunter2", Parse(Utf8(content)));

    [Theory]
    [InlineData(" hunter2 ")]
    [InlineData("\thunter2")]
    [InlineData("\nhunter2")]
    [InlineData("hun\nter2")]
    [InlineData("hunter2\n ")]
    [InlineData("hunter2\uFEFF")]
    [InlineData("@/etc/passwd")]
    public void All_else_is_part_of_it(string content) => Assert.Equal(content, Parse(Utf8(content)));

    [Fact]
    public void Every_byte_is_kept_as_it_is()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(value => (byte)value)];
        foreach (byte first in all)
        {
            byte[] password = [first, .. all, (byte)'.'];
            Assert.Equal(new Secret(password), Parse(password));
        }
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFE, 0x41 })]
    [InlineData(new byte[] { 0xFF, 0xFE, 0x00, 0x00 })]
    [InlineData(new byte[] { 0xFE, 0xFF, 0xD8, 0x00, 0x00, 0x41 })]
    [InlineData(new byte[] { 0xEF, 0xBB })]
    [InlineData(new byte[] { 0x93, 0xF1, 0x00, 0x88, 0x61, 0xFF })]
    public void Bytes_that_are_no_text_are_no_fault(byte[] password) => Assert.Equal(new Secret(password), Parse(password));

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("\r\n\r\n")]
    [InlineData(" ")]
    [InlineData("\t \v\f\r\n")]
    [InlineData("\uFEFF")]
    [InlineData("\uFEFF\r\n")]
    [InlineData("\0\0\0\0")]
    [InlineData("\0\n")]
    public void A_file_without_a_password_is_a_fault(string content)
    {
        Assert.Null(SecretFile.Parse(Utf8(content), out string? fault));
        Assert.Equal(content.Length == 0 ? "is empty" : "holds no password", fault);
    }

    [Theory]
    [InlineData(false, "hunter2\r\n")]
    [InlineData(true, "hunter2\r\n")]
    [InlineData(false, "пароль")]
    public void Utf_16_is_a_fault_that_says_so(bool bigEndian, string content)
    {
        var encoding = new UnicodeEncoding(bigEndian, byteOrderMark: true);
        byte[] bytes = [.. encoding.GetPreamble(), .. encoding.GetBytes(content)];

        Assert.Null(SecretFile.Parse(bytes, out string? fault));
        Assert.Contains("UTF-16", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void It_may_be_as_long_as_its_limit(int beyond, bool isGood)
    {
        using var folder = new TemporaryFolder();
        byte[] bytes = new byte[ConfigurationLimits.SecretBytesMax + beyond];
        bytes.AsSpan().Fill((byte)'x');
        Secret? secret = SecretFile.Read(folder.Write("secret", bytes), out string? fault);

        Assert.Equal(isGood ? bytes.Length : null, secret?.Bytes.Length);
        Assert.Equal(isGood ? null : "is larger than 65536 bytes", fault);
    }

    [Theory]
    [InlineData("/dev/zero", "is larger than 65536 bytes")]
    [InlineData("/dev/null", "is empty")]
    [InlineData("/", "is a directory")]
    [InlineData("/no/such/file", "does not exist")]
    [InlineData("/etc/passwd/below", "does not exist")]
    public void What_is_no_such_file_is_a_fault_that_says_what_it_is(string path, string expected)
    {
        Assert.Null(SecretFile.Read(path, out string? fault));
        Assert.Equal(expected, fault);
    }

    [Fact]
    public async Task A_pipe_is_read_to_its_end()
    {
        using var pipe = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.Out);
        string path = $"/proc/self/fd/{pipe.ClientSafePipeHandle.DangerousGetHandle()}";
        pipe.Write(Utf8("hunter2\n"));
        Task<(Secret? Secret, string? Fault)> reading = Task.Run(() => (SecretFile.Read(path, out string? fault), fault));
        pipe.Dispose();

        Assert.Equal(("hunter2", null), await reading);
    }

    [Fact]
    public void A_pipe_without_end_is_a_fault()
    {
        using var folder = new TemporaryFolder();
        string path = Path.Combine(folder.Root, "pipe");
        using (Process made = Process.Start("mkfifo", [path]))
        {
            made.WaitForExit();
            Assert.Equal(0, made.ExitCode);
        }

        // Nobody ever writes.
        Assert.Null(BoundedFile.Read(path, 100, TimeSpan.FromMilliseconds(1), out string? fault));
        Assert.Equal("did not come to its end within 0.001 s", fault);
    }

    [Theory]
    [InlineData("client_password")]
    [InlineData("backend_password")]
    public void Each_password_is_read_so_and_its_fault_has_a_place(string key)
    {
        using var folder = new TemporaryFolder();
        byte[] password = [0x73, 0xE9, 0x00, 0xFF];
        string good = folder.Write("good", password);
        string empty = folder.Write("empty", "");
        ProtocolSettings framing = Reading.OfFile($"{Reading.Servers}\n{key}=@{good}").Good().Broadcast.Framing;

        Assert.Equal(new Secret(password), key == "client_password" ? framing.ClientPassword : framing.BackendPassword);
        Assert.Equal([$"configuration:2: {key}: {empty} is empty"], Reading.OfFile($"{Reading.Servers}\n{key}=@{empty}").Faults());
        Assert.Equal([$"--set: {key}: {empty} is empty"], Reading.OfSets(Reading.Servers, $"{key}=@{empty}").Faults());
    }

    [Fact]
    public void A_reload_of_an_empty_file_keeps_the_password_and_one_of_another_takes_it()
    {
        using var folder = new TemporaryFolder();
        string path = folder.Write("secret", "old");
        string[] sets = [Reading.Servers, "protocol=redis", $"client_password=@{path}"];
        HostSettings running = Reading.OfSets(sets).Good();

        folder.Write("secret", "");
        Reload truncated = Reload.Between(running, Reading.OfSets(sets));
        Assert.Null(truncated.Settings);
        Assert.Equal($"--set: client_password: {path} is empty", Assert.Single(truncated.Faults).ToString());

        folder.Write("secret", "old\r\n");
        Assert.Empty(Reload.Between(running, Reading.OfSets(sets)).Applied);

        folder.Write("secret", "new");
        Reload rotated = Reload.Between(running, Reading.OfSets(sets));
        Assert.Equal([ConfigurationKeys.ClientPassword], rotated.Applied);
        Assert.Equal("new", rotated.Settings!.Broadcast.Framing.ClientPassword);
    }

    private static Secret? Parse(byte[] content)
    {
        Secret? secret = SecretFile.Parse(content, out string? fault);
        Assert.Null(fault);
        return secret;
    }

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
