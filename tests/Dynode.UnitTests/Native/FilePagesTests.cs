using System.Text;
using Dynode.Native.Hosting;

namespace Dynode.UnitTests.Native;

public sealed class FilePagesTests
{
    [Fact]
    public void Only_clean_pages_of_files_that_nobody_writes_may_go()
    {
        const string Smaps = """
            55ba8deea000-55ba8e349000 r-xp 0000d000 fe:00 5318236                    /usr/bin/dynode
            Rss:                3600 kB
            Anonymous:             0 kB
            VmFlags: rd ex mr mw me
            55ba8e349000-55ba8e4f8000 r--p 0046c000 fe:00 5318236                    /usr/bin/dynode
            Anonymous:             4 kB
            55ba8e666000-55ba8e67b000 rw-p 00788000 fe:00 5318236                    /usr/bin/dynode
            Anonymous:             0 kB
            55ba8e67b000-55ba8e807000 r--p 00000000 00:00 0
            Anonymous:             0 kB
            7f5527093000-7f55271e9000 r--s 00026000 fe:00 332096                     /usr/share/shared
            Anonymous:             0 kB
            7f55271e9000-7f552723c000 r--p 0017c000 fe:00 332096                     /usr/lib/libc.so.6
            AnonHugePages:         0 kB
            Anonymous:             0 kB
            Anonymous:             0 kB
            """;
        var scan = default(FilePages.Scan);
        var found = new List<string>();
        foreach (string line in Smaps.Split('\n'))
        {
            if (scan.TryTake(Encoding.ASCII.GetBytes(line), out var range))
                found.Add($"{range.Start:x}-{range.End:x}");
        }

        Assert.Equal(["55ba8deea000-55ba8e349000", "7f55271e9000-7f552723c000"], found);
    }
}
