using Xunit;

namespace Dynode.Scenarios.Memcached;

/// <summary>A client that says noreply counts on getting nothing, or its later replies are all another request's: here as at memcached itself.</summary>
[Trait("Server", "memcached")]
public sealed class NoReplyTests
{
    [Fact]
    public async Task As_many_replies_come_to_a_line_with_noreply_in_it_as_from_memcached_itself()
    {
        string[] lines =
        [
            "verbosity noreply", "verbosity", "verbosity 1 noreply", "verbosity x noreply", "verbosity 1 2 noreply", "verbosity noreply noreply", "verbosity noreply 1",
            "flush_all noreply", "flush_all x noreply", "flush_all 0 noreply", "flush_all 0 1 noreply", "flush_all noreply noreply",
            "cache_memlimit noreply", "cache_memlimit 64 noreply", "cache_memlimit x noreply", "cache_memlimit 64 1 noreply",
            "slabs noreply", "slabs automove noreply", "slabs automove 0 noreply", "lru noreply", "lru mode flat noreply", "lru mode noreply", "extstore noreply", "extstore x 1 noreply",
            "delete k noreply", "delete noreply", "delete k 0 noreply", "delete k 1 noreply", "delete k noreply noreply", "delete k 0 0 noreply",
            "touch k noreply", "touch k 1 noreply", "touch noreply", "touch k x noreply", "touch k 1 2 noreply",
            "incr k noreply", "incr k 1 noreply", "incr noreply", "incr k x noreply", "incr k 1 2 noreply", "decr k noreply",
            "get noreply", "gets k noreply", "gat 0 noreply", "mg k noreply", "md k noreply", "me noreply", "version noreply", "bogus noreply", "noreply",
            "set noreply", "set k noreply", "set k 0 0 1 noreply\r\n1", "add k 0 0 1 noreply\r\n1", "append k 0 0 1 noreply\r\n1",
        ];
        using var under = await MemcachedUnderTest.StartAsync(1);
        using var here = await under.ConnectAsync();
        using var there = await TextClient.ConnectAsync(under.Servers[0].Port);
        string[] differ = new string[lines.Length];
        for (int i = 0; i < lines.Length; i++)
        {
            int expected = Count(await there.AskAsync(lines[i] + "\r\n"));
            string said = await here.AskAsync(lines[i] + "\r\n");
            differ[i] = Count(said) == expected ? "" : $"{lines[i]}: {expected} lines, here: {said}";
        }

        Assert.Equal([], differ.Where(line => line.Length > 0));
    }

    private static int Count(string answer) => answer.Split('\n').Length - 1;
}
