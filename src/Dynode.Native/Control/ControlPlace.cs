using System.Globalization;
using System.Net.Sockets;
using Dynode.Broadcast.Backends;
using Dynode.Native.Configuration;

namespace Dynode.Native.Control;

/// <summary>Where a broadcaster is asked: its control socket, by name or by path, or an admin port. Exactly one of them. Immutable.</summary>
internal sealed class ControlPlace
{
    private const string NameBegin = "dynode/control/";

    /// <summary>sun_path, with a zero at its end.</summary>
    private const int PathBytesMax = 107;

    private const string UnixBegin = "unix:";
    private const string TlsBegin = "https://";

    /// <summary>The broadcaster's own port, where it is known: its control socket is named after it.</summary>
    public int? Port { get; private init; }

    /// <summary>A socket in the file system.</summary>
    public string? Path { get; private init; }

    /// <summary>An admin port.</summary>
    public BackendAddress? Address { get; private init; }

    /// <summary>The admin port speaks TLS.</summary>
    public bool IsTls { get; private init; }

    /// <summary>Who asks there says who he is by a token; on the control socket the kernel says it.</summary>
    public bool TakesToken { get; private init; }

    /// <summary>Why there may be nobody, as the end of a sentence; empty: nothing is known of that.</summary>
    public string Hint { get; private init; } = "";

    /// <summary>A socket whose other side the kernel knows.</summary>
    public bool IsUnix => Address is null;

    /// <summary>For a sentence: "the broadcaster on port 9000".</summary>
    public string Said => this switch
    {
        { Address: { } address } => $"at {(IsTls ? TlsBegin : "")}{address}",
        { Path: { } path } => $"at {UnixBegin}{Shown.Plain(path)}",
        _ => string.Create(CultureInfo.InvariantCulture, $"on port {Port}"),
    };

    /// <summary>What is connected to, where <see cref="IsUnix"/>.</summary>
    public UnixDomainSocketEndPoint UnixEndPoint => Path is { } path ? new(path) : NameOf(Port!.Value);

    /// <summary>The control socket of the broadcaster on a port.</summary>
    public static ControlPlace OfPort(int port) => new() { Port = port };

    /// <summary>The control socket of the broadcaster on a port, as the key <c>control</c> has it.</summary>
    public static ControlPlace Of(int port, string control) => control switch
    {
        ['/', ..] => new() { Port = port, Path = control },
        "off" => new() { Port = port, Hint = ", or it has none to ask (control=off)" },
        _ => OfPort(port),
    };

    /// <summary>A port that somebody listens on, where no control socket is named after it.</summary>
    public static ControlPlace Unnamed(int port) => new()
    {
        Port = port,
        Hint = "; somebody listens on that port, and if it is a broadcaster, its control socket is at a path (say its configuration's file with -c, or --at unix:/path) or off",
    };

    /// <summary>The abstract name of that socket.</summary>
    public static UnixDomainSocketEndPoint NameOf(int port) => new(string.Create(CultureInfo.InvariantCulture, $"\0{NameBegin}{port}"));

    /// <summary>The port in an abstract name as /proc/net/unix writes it, with @ for the zero; null: another's name.</summary>
    public static int? PortOf(ReadOnlySpan<char> name) =>
        name.StartsWith("@" + NameBegin) && NumberText.TryReadCount(name[(NameBegin.Length + 1)..], out long port) && port is > 0 and <= 65535 ? (int)port : null;

    /// <summary>Reads what <c>--at</c> was given.</summary>
    /// <returns>Null: the fault says why, as the end of a sentence about the text.</returns>
    public static ControlPlace? TryParse(string text, out string? fault)
    {
        if (!text.StartsWith(UnixBegin, StringComparison.Ordinal))
        {
            if (text.StartsWith("http://", StringComparison.OrdinalIgnoreCase))
            {
                fault = "is written without http://: HOST:PORT, and https://HOST:PORT where that port speaks TLS";
                return null;
            }

            bool isTls = text.StartsWith(TlsBegin, StringComparison.Ordinal);
            if (!BackendAddress.TryParse(isTls ? text[TlsBegin.Length..] : text, out var address, out fault))
                return null;
            fault = address.Path is null ? null : "is no host and port";
            return fault is null ? new() { Address = address, IsTls = isTls, TakesToken = true } : null;
        }

        string path = text[UnixBegin.Length..];
        fault = !System.IO.Path.IsPathRooted(path) ? "has no path behind unix: that begins with /"
            : System.Text.Encoding.UTF8.GetByteCount(path) > PathBytesMax ? $"has a path of more than {PathBytesMax} bytes"
            : path.Contains('\0', StringComparison.Ordinal) ? "has no path"
            : null;
        return fault is null ? new() { Path = path, TakesToken = true } : null;
    }
}
