using Dynode.Native.Hosting;
using Dynode.UnitTests.Native.Configuration;

namespace Dynode.UnitTests.Native.Hosting;

public sealed class ThreadLimitsTests : IDisposable
{
    private readonly TemporaryFolder _root = new();

    public ThreadLimitsTests()
    {
        User("unlimited");
        _root.Write("proc/self/cgroup", "3:pids:/a/b\n0::/c\n");
        _root.Write("proc/self/mountinfo", "35 31 0:32 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
    }

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Without_any_they_are_far() => Assert.True(ThreadLimits.AreFar(_root.Root));

    [Theory]
    [InlineData("4096", true)]
    [InlineData("4095", false)]
    [InlineData("16", false)]
    [InlineData("", false)]
    public void The_users_own_counts(string limit, bool isFar)
    {
        User(limit);
        Assert.Equal(isFar, ThreadLimits.AreFar(_root.Root));
    }

    [Theory]
    [InlineData("sys/fs/cgroup/pids/a/b/pids.max", "max", true)]
    [InlineData("sys/fs/cgroup/pids/a/b/pids.max", "4096", true)]
    [InlineData("sys/fs/cgroup/pids/a/b/pids.max", "4095", false)]
    [InlineData("sys/fs/cgroup/pids/a/pids.max", "16", false)]
    [InlineData("sys/fs/cgroup/unified/c/pids.max", "16", false)]
    [InlineData("sys/fs/cgroup/unified/pids.max", "16", false)]
    [InlineData("sys/fs/cgroup/unified/d/pids.max", "16", true)]
    public void That_of_every_control_group_above_counts(string file, string limit, bool isFar)
    {
        _root.Write(file, limit + "\n");
        Assert.Equal(isFar, ThreadLimits.AreFar(_root.Root));
    }

    [Fact]
    public void Limited_addresses_are_never_far() => Assert.False(ThreadLimits.AreFar(_root.Root, 64L << 30));

    [Fact]
    public void What_cannot_be_read_is_not_far()
    {
        using var empty = new TemporaryFolder();
        Assert.False(ThreadLimits.AreFar(empty.Root));
    }

    private void User(string limit) => _root.Write("proc/self/limits", $"""
        Limit                     Soft Limit           Hard Limit           Units
        Max processes             {limit,-20} {limit,-20} processes
        Max open files            1024                 1048576              files
        """);
}
