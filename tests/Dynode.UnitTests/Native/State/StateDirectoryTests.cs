using Dynode.Native.State;
using Dynode.TestKit;
using Microsoft.Win32.SafeHandles;

namespace Dynode.UnitTests.Native.State;

/// <summary>One broadcaster at a time has a directory, and what is in it is one file or the next, whole.</summary>
[Collection(Alone.Name)]
public sealed class StateDirectoryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void What_is_written_is_read_and_nothing_else_stays()
    {
        using StateDirectory directory = Open();
        Assert.Null(directory.Read(out string? fault));
        Assert.Null(fault);
        foreach (int length in (int[])[0, 1, 100_000, 17])
        {
            byte[] bytes = new Random(length).Bytes(length);
            Assert.Null(directory.Write(bytes));
            Assert.Equal(bytes, directory.Read(out fault));
            Assert.Null(fault);
        }

        Assert.Equal([StateDirectory.LockName, StateDirectory.FileName], Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(directory.FilePath));
    }

    [Fact]
    public void A_second_broadcaster_does_not_get_it_before_the_first_has_gone()
    {
        using (Open())
        {
            Assert.Null(StateDirectory.Open(_folder.Path, out string? fault, out bool isTaken));
            Assert.Equal(("is another broadcaster's, which runs", true), (fault, isTaken));
        }

        Open().Dispose();
    }

    [Fact]
    public void The_lock_is_the_successors_as_soon_as_it_has_the_descriptor_whatever_becomes_of_ours()
    {
        StateDirectory old = Open();
        var handed = new SafeFileHandle(Descriptors.Duplicate((int)old.Lock.DangerousGetHandle()), ownsHandle: true);
        using (StateDirectory next = StateDirectory.HandedOver(_folder.Path, handed))
        {
            old.Dispose();
            Assert.Null(StateDirectory.Open(_folder.Path, out _, out bool isTaken));
            Assert.True(isTaken);
            Assert.Null(next.Write("{}"u8));
            Assert.Equal("{}"u8.ToArray(), next.Read(out _));
        }

        Open().Dispose();
    }

    [Fact]
    public void What_is_no_directory_or_cannot_be_written_to_says_so()
    {
        Assert.Contains("does not exist", StateDirectory.Fault(Path.Combine(_folder.Path, "none")), StringComparison.Ordinal);
        Assert.Equal("is no directory", StateDirectory.Fault(_folder.Write("file", "")));
        Assert.Null(StateDirectory.Fault(_folder.Path));
        Assert.Null(StateDirectory.Open("/proc/self", out string? fault, out bool isTaken));
        Assert.StartsWith("cannot be written to", fault, StringComparison.Ordinal);
        Assert.False(isTaken);
    }

    [Fact]
    public void A_file_that_is_a_directory_a_pipe_or_too_long_is_named_and_holds_nothing_up()
    {
        using StateDirectory directory = Open();
        Directory.CreateDirectory(directory.FilePath);
        Assert.Null(directory.Read(out string? fault));
        Assert.StartsWith("cannot be read (", fault, StringComparison.Ordinal);
        Assert.NotNull(directory.Write("{}"u8));
        Directory.Delete(directory.FilePath);

        Assert.Equal(0, Descriptors.MakePipe(directory.FilePath));
        Assert.Empty(directory.Read(out fault)!);
        Assert.Null(fault);
        File.Delete(directory.FilePath);

        foreach ((int length, bool isRead) in ((int, bool)[])[(StateText.BytesMax - 1, true), (StateText.BytesMax, true), (StateText.BytesMax + 1, false)])
        {
            File.WriteAllBytes(directory.FilePath, new byte[length]);
            Assert.Equal(isRead, directory.Read(out fault) is not null);
            Assert.Equal(isRead ? null : $"is longer than {StateText.BytesMax} bytes", fault);
        }
    }

    [Fact]
    public void A_full_disk_leaves_the_file_before_and_no_rest()
    {
        using StateDirectory directory = Open();
        Assert.Null(directory.Write("before"u8));
        Descriptors.FillDisk(directory);
        Assert.Equal("No space left on device", directory.Write("after"u8));
        Assert.Equal("before"u8.ToArray(), directory.Read(out _));
        Assert.Null(directory.Write("after"u8));
        Assert.Equal("after"u8.ToArray(), directory.Read(out _));
    }

    public void Dispose() => _folder.Dispose();

    private StateDirectory Open() => StateDirectory.Open(_folder.Path, out string? fault, out _) ?? throw new ExpectationException(fault!);
}
