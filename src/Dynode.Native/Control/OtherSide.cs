using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Dynode.Native.Configuration;

namespace Dynode.Native.Control;

/// <summary>
/// Who answers on a socket of this machine, by the kernel's word (SO_PEERCRED, unix(7)), and whether he is believed. Any local user can
/// take an abstract name before the broadcaster does, and would then be told what only the broadcaster is to hear, and say what he likes.
/// </summary>
/// <param name="pid">The process that listens; of the one that began to, where the socket was handed over.</param>
/// <param name="uid">Its user.</param>
internal sealed partial class OtherSide(int pid, long uid)
{
    /// <summary>The user that the kernel shows in the place of those that have no number here, of which there may be many.</summary>
    public const long Overflow = 65534;

    private const int SocketLevel = 1;

    private const int PeerCredentials = 17;

    /// <summary>Whose it is.</summary>
    public long Uid => uid;

    /// <summary>We are its user, or root, and so whom a broadcaster lets in.</summary>
    public bool MayLetUsIn => GetEffectiveUser() is var own && (own == 0 || own == uid);

    /// <summary>What the kernel knows of the other side of <paramref name="socket"/>.</summary>
    public static OtherSide Of(Socket socket)
    {
        // struct ucred { pid_t pid; uid_t uid; gid_t gid; }
        Span<byte> credentials = stackalloc byte[12];
        socket.GetRawSocketOption(SocketLevel, PeerCredentials, credentials);
        return new(BinaryPrimitives.ReadInt32LittleEndian(credentials), BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]));
    }

    /// <summary>Whether it may be told anything, by what the machine says now.</summary>
    /// <returns>Null: it may; else why not, for the end of a sentence.</returns>
    public string? Doubt(ControlPlace place)
    {
        long overflow = NumberText.TryReadCount(ReadLine("/proc/sys/kernel/overflowuid"), out long told) ? told : Overflow;
        List<ListeningSocket> listeners = place.Port is null ? [] : TcpListeners.All();
        return uid == overflow ? DoubtOf(Overflow, 0, null, null, null)
            : DoubtOf(uid, GetEffectiveUser(), place.Port, listeners, () => TcpListeners.SocketsOf(pid)) is not { } doubt ? null
            : place.Path is { } path && IsGuarded(path) ? null
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
        if (uid == Overflow)
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

    private static string ReadLine(string path) =>
        System.Text.Encoding.ASCII.GetString(BoundedFile.Read(path, 64, out _) ?? []).TrimEnd('\n');

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUser();
}
