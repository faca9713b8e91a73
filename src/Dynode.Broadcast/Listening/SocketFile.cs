using System.Net.Sockets;
using System.Runtime.InteropServices;
using Dynode.Broadcast.Backends;

namespace Dynode.Broadcast.Listening;

/// <summary>
/// The file of the unix socket that clients come to (<c>listen_unix</c>). It is bound under another name, and takes its own when clients are let in: so
/// whoever finds it is served. A file that a dead one has left is replaced; what is no socket, or answers, is another's. At the end it is removed, unless somebody else
/// goes on with the socket, or has put another file in its place. Its owner serialises all calls.
/// </summary>
internal sealed partial class SocketFile
{
    private const string Beside = ".new";
    private const string Answering = "another process listens there";
    private const int ReadOnlyNoWait = 0x80800;
    private const int NotFound = 2, NoDevice = 6;

    private readonly string _path;
    private DateTime _madeAt;
    private bool _isThere;
    private bool _isLeft;

    private SocketFile(string path, bool isThere) => (_path, _isThere) = (path, isThere);

    /// <summary>Binds.</summary>
    /// <param name="path">Of at most <see cref="UnixPath.ListenBytesMax"/> bytes.</param>
    /// <param name="mode">Who may connect.</param>
    /// <param name="socket">Bound, and listens already, by a name that no client knows.</param>
    /// <exception cref="ListenException">It cannot be had.</exception>
    public static SocketFile Bind(string path, UnixFileMode mode, out Socket socket)
    {
        if ((Fault(path) ?? (Answer(path + Beside) == Answering ? "another process has begun to listen there" : null)) is { } fault)
            throw new ListenException($"cannot listen on {UnixPath.Scheme}{path}: {fault}");
        socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            File.Delete(path + Beside);
            socket.Bind(new UnixDomainSocketEndPoint(path + Beside));
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(path + Beside, mode);

            // Two that start at once have the same time of the kernel's, which ticks every few milliseconds.
            File.SetLastWriteTimeUtc(path + Beside, TimeOf(path + Beside).AddTicks(-Random.Shared.NextInt64(TimeSpan.TicksPerSecond)));
            var file = new SocketFile(path, isThere: false) { _madeAt = TimeOf(path + Beside) };

            // From here on another start finds it alive, and leaves it.
            socket.Listen(1);
            return file;
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            throw new ListenException($"cannot listen on {UnixPath.Scheme}{path}: {(e is SocketException { SocketErrorCode: SocketError.AddressNotAvailable } ? "its folder does not exist" : e.Message)}", e);
        }
    }

    /// <summary>Of a socket that another has bound, whose file is there: it is his until clients are let in here, for he goes on where this one does not get so far.</summary>
    public static SocketFile Of(string path) => new(path, isThere: true) { _madeAt = TimeOf(path), _isLeft = true };

    /// <summary>The socket listens: from now on clients find it.</summary>
    /// <exception cref="ListenException">The file cannot take its name.</exception>
    public void Publish()
    {
        _isLeft = false;
        if (_isThere)
            return;
        try
        {
            if (TimeOf(_path + Beside) == _madeAt)
                File.Move(_path + Beside, _path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ListenException($"cannot listen on {UnixPath.Scheme}{_path}: {e.Message}", e);
        }

        if (TimeOf(_path) != _madeAt)
            throw new ListenException($"cannot listen on {UnixPath.Scheme}{_path}: another process has put its own socket in the place of this one's");
        _isThere = true;
    }

    /// <summary>Somebody else goes on with the socket: the file is his.</summary>
    public void Leave() => _isLeft = true;

    /// <summary>Nobody comes to it any more.</summary>
    public void Remove()
    {
        if (_isLeft)
            return;
        _isLeft = true;
        try
        {
            string path = _isThere ? _path : _path + Beside;
            if (TimeOf(path) == _madeAt)
                File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It stays, as one of a dead one does: the next one replaces it.
        }
    }

    /// <summary>The kernel sets it when the file is made, and nothing of a socket's use changes it: what has another is another file.</summary>
    private static DateTime TimeOf(string path) => File.GetLastWriteTimeUtc(path);

    /// <summary>Null: there is nothing, or the socket of one that is dead.</summary>
    private static string? Fault(string path)
    {
        // Of a socket open(2) says that there is no such device, whoever owns it; anything else that is there it opens, or says why not.
        int descriptor = Open(path, ReadOnlyNoWait);
        int error = Marshal.GetLastPInvokeError();
        if (descriptor >= 0)
            _ = Close(descriptor);
        if (descriptor < 0 && error == NotFound)
            return null;
        if (descriptor >= 0 || error != NoDevice)
            return "what is there is no socket, or not this user's";
        return Answer(path);
    }

    /// <summary>Null: nobody is there to answer.</summary>
    private static string? Answer(string path)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return null;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.WouldBlock)
        {
            // So many wait there to be accepted that there is no place for one more.
            return Answering;
        }
        catch (SocketException e)
        {
            return e.Message;
        }

        return Answering;
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
