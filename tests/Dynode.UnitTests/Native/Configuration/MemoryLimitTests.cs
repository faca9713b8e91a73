using Dynode.Native.Configuration;

namespace Dynode.UnitTests.Native.Configuration;

public sealed class MemoryLimitTests : IDisposable
{
    private const long Machine = 64L << 30;

    private const string OneMount = "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:1 - cgroup cgroup rw,memory\n";

    private const string TwoMount = "41 31 0:38 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw\n";

    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData(64, 32)]
    [InlineData(15_999, 7_999.5)]
    [InlineData(16_001, 8_000)]
    public void Of_limited_addresses_half_is_memory(long addressMebibytes, double mebibytes)
    {
        using var folder = new TemporaryFolder();
        Assert.Equal((long)(mebibytes * (1 << 20)), MemoryLimit.Read(folder.Root, 8_000L << 20, addressMebibytes << 20));
    }

    [Fact]
    public void Without_proc_it_is_the_machines() => Assert.Equal(Machine, MemoryLimit.Read(_root.Root, Machine));

    [Fact]
    public void The_machines_own_memory_is_known() => Assert.InRange(MemoryLimit.Read(_root.Root), 64L << 20, 1L << 50);

    [Fact]
    public void Version_2_gives_the_tightest_of_the_own_group_and_its_parents()
    {
        Groups("0::/a/b\n", TwoMount);
        _root.Write("sys/fs/cgroup/a/b/memory.max", "max\n");
        _root.Write("sys/fs/cgroup/a/memory.max", "134217728\n");
        _root.Write("sys/fs/cgroup/memory.max", "268435456\n");

        Assert.Equal(128 << 20, MemoryLimit.Read(_root.Root, Machine));
    }

    [Fact]
    public void Version_1_gives_the_tightest_of_the_own_group_and_its_parents()
    {
        Groups("5:cpu:/x\n4:memory:/a/b\n0::/\n", OneMount);
        _root.Write("sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "67108864\n");
        _root.Write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "134217728\n");
        _root.Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");

        Assert.Equal(64 << 20, MemoryLimit.Read(_root.Root, Machine));
    }

    [Fact]
    public void Where_both_are_mounted_both_count()
    {
        Groups("4:memory:/a\n0::/b\n", OneMount + "42 31 0:39 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");
        _root.Write("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "134217728\n");
        _root.Write("sys/fs/cgroup/unified/b/memory.max", "67108864\n");

        Assert.Equal(64 << 20, MemoryLimit.Read(_root.Root, Machine));
    }

    [Fact]
    public void In_a_container_the_mount_begins_at_the_own_group()
    {
        Groups("4:memory:/docker/abc\n", "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n");
        _root.Write("sys/fs/cgroup/memory/memory.limit_in_bytes", "33554432\n");

        Assert.Equal(32 << 20, MemoryLimit.Read(_root.Root, Machine));
    }

    [Fact]
    public void A_group_outside_of_what_is_mounted_leaves_the_mount_itself()
    {
        Groups("0::/../../elsewhere\n", TwoMount);
        _root.Write("sys/fs/cgroup/memory.max", "33554432\n");

        Assert.Equal(32 << 20, MemoryLimit.Read(_root.Root, Machine));
    }

    [Theory]
    [InlineData("max")]
    [InlineData("9223372036854771712")]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("")]
    [InlineData("many")]
    [InlineData("99999999999999999999999")]
    public void What_is_no_limit_does_not_count(string text)
    {
        Groups("0::/\n", TwoMount);
        _root.Write("sys/fs/cgroup/memory.max", text);

        Assert.Equal(Machine, MemoryLimit.Read(_root.Root, Machine));
    }

    [Fact]
    public void Strange_lines_of_proc_are_no_error()
    {
        Groups("\n:\n::::\n0::\n", "\n - \n1 2 3\n41 31 0:38 / /sys/fs/cgroup rw -\n" + TwoMount);

        Assert.Equal(Machine, MemoryLimit.Read(_root.Root, Machine));
    }

    [Theory]
    [InlineData(1L << 20, 2L << 20)]
    [InlineData(4L << 20, 2L << 20)]
    [InlineData(64L << 20, 32L << 20)]
    [InlineData((64L << 20) + 4097, 32L << 20)]
    [InlineData((2L << 30) - (2 << 20), (1L << 30) - (1 << 20))]
    [InlineData(2L << 30, 1L << 30)]
    [InlineData(long.MaxValue, 1L << 30)]
    public void The_default_is_half_of_it_at_most_a_gibibyte_at_least_what_a_pool_needs(long available, long expected) =>
        Assert.Equal(expected, MemoryLimit.DefaultFor(available));

    private void Groups(string groups, string mounts)
    {
        _root.Write("proc/self/cgroup", groups);
        _root.Write("proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n" + mounts);
    }
}
