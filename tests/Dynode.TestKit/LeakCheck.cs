namespace Dynode.TestKit;

/// <summary>
/// Descriptors of a process that were open neither at its start nor are gone at its end. Of the test's own process only
/// in tests that run alone: it cannot know whose a socket is. It runs no finalizers, which would hide a leak.
/// </summary>
public sealed class LeakCheck
{
    private static readonly string[] SocketTables = ["/proc/net/tcp", "/proc/net/tcp6"];
    private readonly string _folder;
    private readonly bool _socketsOnly;
    private readonly HashSet<string> _before;

    private LeakCheck(string folder, bool socketsOnly)
    {
        _folder = folder;
        _socketsOnly = socketsOnly;
        _before = [.. Read()];
    }

    /// <summary>How many are open now, as this check counts them.</summary>
    public int Open => Read().Count();

    /// <summary>How many were open at the start.</summary>
    public int Base => _before.Count;

    /// <summary>Takes the base of this process.</summary>
    /// <param name="socketsOnly">The runtime opens files, pipes and epoll instances of its own whenever it likes.</param>
    public static LeakCheck Start(bool socketsOnly = true) => new("/proc/self/fd", socketsOnly);

    /// <summary>Takes the base of another process.</summary>
    public static LeakCheck OfProcess(int pid, bool socketsOnly = true) => new($"/proc/{pid}/fd", socketsOnly);

    /// <summary>Waits until everything opened since the start is closed again; fails with what is not.</summary>
    public Task NothingLeftAsync(TimeSpan? deadline = null) =>
        Eventually.True(() => !Leaked().Any(), () => $"descriptors left open: {string.Join(", ", Leaked())}\n{SocketTable()}", deadline);

    private IEnumerable<string> Leaked() => Read().Where(name => !_before.Contains(name));

    // Told apart by inode, not by number: a number is taken again at once by the next socket.
    private IEnumerable<string> Read() =>
        Directory.EnumerateFileSystemEntries(_folder)
            .Select(ReadLink)
            .OfType<string>()
            .Where(name => !_socketsOnly || name.StartsWith("socket:", StringComparison.Ordinal));

    private static string? ReadLink(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget;
        }
        catch (IOException)
        {
            // Closed between the listing and here: the listing's own descriptor always is.
            return null;
        }
    }

    // The lines of what is left, where the kernel still ties them to a port: the inode is the tenth column.
    private string SocketTable()
    {
        HashSet<string> inodes = [.. Leaked().Where(n => n.StartsWith("socket:", StringComparison.Ordinal)).Select(n => n["socket:[".Length..^1])];
        return string.Join('\n', SocketTables
            .Where(File.Exists)
            .SelectMany(File.ReadLines)
            .Where(line => inodes.Contains(line.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(9) ?? "")));
    }
}
