using System.Globalization;
using Dynode.Native.Sockets;

namespace Dynode.Native.Control;

/// <summary>
/// Who answers on a socket of this machine, by the kernel's word, and whether he is believed. Any local user can
/// take an abstract name before the broadcaster does, and would then be told what only the broadcaster is to hear, and say what he likes.
/// </summary>
/// <param name="user">Who listens; whom the kernel does not name may be anybody.</param>
internal sealed class OtherSide(SocketUser? user)
{
    /// <summary>Whose it is.</summary>
    public long Uid => user?.Uid ?? SocketUser.Overflow;

    /// <summary>We are its user, or root, and so whom a broadcaster lets in.</summary>
    public bool MayLetUsIn => SocketUser.Own is var own && (own == 0 || own == Uid);

    /// <summary>Whether it may be told anything, by what the machine says now.</summary>
    /// <returns>Null: it may; else why not, for the end of a sentence.</returns>
    public string? Doubt(ControlPlace place)
    {
        List<ListeningSocket> listeners = place.Port is null ? [] : TcpListeners.All();
        return DoubtOf(Uid, SocketUser.Own, place.Port, listeners, () => user is { } known ? TcpListeners.SocketsOf(known.Pid) : []) is not { } doubt ? null
            : Uid != SocketUser.Overflow && place.Path is { } path && IsGuarded(path) ? null
            : doubt;
    }

    /// <summary>The rule. Pure.</summary>
    /// <param name="uid">The other side's user.</param>
    /// <param name="own">Ours.</param>
    /// <param name="port">The broadcaster's; null: it is not known.</param>
    /// <param name="listeners">Who listens in this network namespace.</param>
    /// <param name="sockets">The inodes of what the other side's process has open.</param>
    public static string? DoubtOf(long uid, long own, int? port, List<ListeningSocket>? listeners, Func<List<long>>? sockets)
    {
        if (uid == SocketUser.Overflow || uid == SocketUser.UsualOverflow)
            return "who answers there is a user that this user namespace does not know";
        if (uid == own)
            return null;
        string who = string.Create(CultureInfo.InvariantCulture, $"who answers there is user {uid}");
        if (port is not { } number)
            return $"{who}, and this is user {own}";

        // All of them: another address of the same port is anybody's to take.
        List<ListeningSocket> there = listeners!.FindAll(listener => listener.Port == number);
        if (there.Count == 0)
            return string.Create(CultureInfo.InvariantCulture, $"{who}, and nobody listens on port {number}");
        if (there.TrueForAll(listener => listener.Uid == uid))
            return null;

        // What a service manager made as root and handed over is its own.
        if (there.TrueForAll(listener => listener.Uid == uid || listener.Uid == 0)
            && sockets!() is var held && there.Exists(listener => listener.Uid == 0 && held.Contains(listener.Inode)))
            return null;
        long other = there.Find(listener => listener.Uid != uid)!.Uid;
        return string.Create(CultureInfo.InvariantCulture, $"{who}, and port {number} is user {other}'s");
    }

    /// <summary>Nobody but the owners of its folders can have put the socket there: none of them is written by others.</summary>
    private static bool IsGuarded(string path)
    {
        const int linksMax = 40;
        int links = 0;
        try
        {
            return IsGuarded(Path.GetFullPath(path), ref links);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }

        // A link stands for what it leads to, and whoever can write beside it can lead it elsewhere.
        static bool IsGuarded(string entry, ref int links)
        {
            const UnixFileMode others = UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
            string? folder = Path.GetDirectoryName(entry);
            if (folder is null)
                return true;
            if (!IsGuarded(folder, ref links))
                return false;
            if (new FileInfo(entry).ResolveLinkTarget(returnFinalTarget: false)?.FullName is { } target && (++links > linksMax || !IsGuarded(target, ref links)))
                return false;
            return OperatingSystem.IsLinux() && (File.GetUnixFileMode(folder) & others) == 0;
        }
    }
}
