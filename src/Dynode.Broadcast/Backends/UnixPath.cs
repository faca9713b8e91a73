using System.Buffers;

namespace Dynode.Broadcast.Backends;

/// <summary>Paths of unix sockets, in one spelling each: a server is its path.</summary>
public static class UnixPath
{
    /// <summary>What stands before one where it might be something else.</summary>
    public const string Scheme = "unix:";

    /// <summary>The longest, in bytes: sun_path of unix(7), without the zero at its end.</summary>
    public const int BytesMax = 107;

    /// <summary>The longest of one that is listened on, in bytes: it is bound by another name first, which has four more.</summary>
    public const int ListenBytesMax = BytesMax - 4;

    // Of ASCII, what can stand in a list, a line of the log and a label as it is.
    private static readonly SearchValues<char> Usual = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+=@:~%");

    /// <summary>Why it is none, as the end of a sentence about it; null: it is.</summary>
    /// <param name="path">Without <see cref="Scheme"/>.</param>
    /// <param name="bytesMax">Its longest.</param>
    public static string? Fault(string path, int bytesMax = BytesMax)
    {
        if (!path.StartsWith('/'))
            return "has no path that begins with /";
        if (path.AsSpan().ContainsAnyExcept(Usual))
            return "has a character in its path that is neither a letter or digit of ASCII nor one of . _ - + = @ : ~ %";
        if (path.Split('/').Skip(1).Any(static part => part is "" or "." or ".."))
            return "has an empty part, . or .. in its path: a path is written in one way alone";
        return path.Length > bytesMax ? $"has a path of {path.Length} bytes, and a unix socket's has {bytesMax} at most" : null;
    }
}
