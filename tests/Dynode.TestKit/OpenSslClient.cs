using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Authentication;
using System.Text;

namespace Dynode.TestKit;

/// <summary>
/// A client by TLS that does what the framework's does not: it renews its keys, makes records before they are sent, and knows an end of TLS from one of
/// TCP. It believes whatever it is shown. One call at a time; every wait has a deadline.
/// </summary>
public sealed partial class OpenSslClient : IDisposable
{
    private const string Library = "libssl.so.3";
    private const string Crypto = "libcrypto.so.3";
    private const int SetVersionMin = 123, SetVersionMax = 124, EndOfMemory = 130;
    private const int WantsMore = 2, EndOfTls = 6;

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[64 << 10];
    private readonly nint _context;
    private readonly nint _ssl;
    private readonly nint _in;
    private readonly nint _out;

    private OpenSslClient(Socket socket, int version)
    {
        _socket = socket;
        _context = NewContext(Method());
        _ = Control(_context, SetVersionMin, version, 0);
        _ = Control(_context, SetVersionMax, version, 0);
        _ssl = New(_context);
        (_in, _out) = (NewBio(Memory()), NewBio(Memory()));
        SetBio(_ssl, _in, _out);
        SetConnectState(_ssl);
    }

    /// <summary>Connects to 127.0.0.1, and shakes hands.</summary>
    public static async Task<OpenSslClient> ConnectAsync(int port, SslProtocols version)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var client = new OpenSslClient(socket, version == SslProtocols.Tls13 ? 0x304 : 0x303);
        try
        {
            using var limit = new CancellationTokenSource(Deadline.Default);
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), limit.Token).ConfigureAwait(false);
            int done;
            while ((done = Handshake(client._ssl)) != 1)
            {
                int error = Error(client._ssl, done);
                await client.SendAsync(client.Made()).ConfigureAwait(false);
                if (error != WantsMore || !await client.TryFillAsync(limit.Token).ConfigureAwait(false))
                    throw new ExpectationException($"no handshake: error {error} of OpenSSL");
            }

            await client.SendAsync(client.Made()).ConfigureAwait(false);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>A record, which is to be sent.</summary>
    public byte[] Record(string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        Assert(Write(_ssl, bytes, bytes.Length) == bytes.Length);
        return Made();
    }

    /// <summary>So many records of one byte each, which are to be sent.</summary>
    public byte[] Records(int count)
    {
        byte[] one = "x"u8.ToArray();
        for (int i = 0; i < count; i++)
            Assert(Write(_ssl, one, 1) == 1);
        return Made();
    }

    /// <summary>Of TLS 1.3: so many records by which it renews its keys (RFC 8446, 4.6.3), which are to be sent.</summary>
    public byte[] KeyUpdates(int count)
    {
        for (int i = 0; i < count; i++)
            Assert(KeyUpdate(_ssl, 0) == 1 && Handshake(_ssl) == 1);
        return Made();
    }

    /// <summary>Its close_notify, which is to be sent.</summary>
    public byte[] CloseNotify()
    {
        Assert(Shutdown(_ssl) >= 0);
        return Made();
    }

    public async Task SendAsync(ReadOnlyMemory<byte> records)
    {
        using var limit = new CancellationTokenSource(Deadline.Default);
        while (!records.IsEmpty)
            records = records[await _socket.SendAsync(records, limit.Token).ConfigureAwait(false)..];
    }

    /// <summary>Sends for as long as the other side takes it.</summary>
    /// <returns>Bytes that its kernel or ours took.</returns>
    public async Task<int> SendUntilBrokenAsync(ReadOnlyMemory<byte> records)
    {
        int sent = 0;
        try
        {
            using var limit = new CancellationTokenSource(Deadline.Default);
            while (sent < records.Length)
                sent += await _socket.SendAsync(records[sent..], limit.Token).ConfigureAwait(false);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.Shutdown)
        {
        }

        return sent;
    }

    /// <summary>Exactly so many bytes.</summary>
    public async Task<string> ReadTextAsync(int count)
    {
        var text = new StringBuilder();
        using var limit = new CancellationTokenSource(Deadline.Default);
        byte[] bytes = new byte[count];
        while (text.Length < count)
        {
            int read = Read(_ssl, bytes, count - text.Length);
            if (read > 0)
                text.Append(Encoding.Latin1.GetString(bytes, 0, read));
            else if (Error(_ssl, read) != WantsMore || !await TryFillAsync(limit.Token).ConfigureAwait(false))
                throw new CutShortException($"wanted {count} bytes, the end came after {text}");
        }

        return text.ToString();
    }

    /// <summary>Everything until the other side's end.</summary>
    /// <returns>Whether that was one of TLS, its close_notify; else it was TCP's alone, or a reset.</returns>
    public async Task<(string Text, bool IsWhole)> ReadToEndAsync()
    {
        var text = new StringBuilder();
        using var limit = new CancellationTokenSource(Deadline.Default);
        byte[] bytes = new byte[4096];
        while (true)
        {
            int read = Read(_ssl, bytes, bytes.Length);
            if (read > 0)
            {
                text.Append(Encoding.Latin1.GetString(bytes, 0, read));
                continue;
            }

            int error = Error(_ssl, read);
            if (error != WantsMore)
                return (text.ToString(), error == EndOfTls);
            try
            {
                await TryFillAsync(limit.Token).ConfigureAwait(false);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
            {
                return (text.ToString(), false);
            }
        }
    }

    /// <summary>The end of TCP; reading goes on.</summary>
    public void ShutdownSend() => _socket.Shutdown(SocketShutdown.Send);

    public void Dispose()
    {
        _socket.Dispose();
        Free(_ssl);
        FreeContext(_context);
    }

    private async Task<bool> TryFillAsync(CancellationToken limit)
    {
        int count;
        try
        {
            count = await _socket.ReceiveAsync(_buffer, limit).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            throw new ExpectationException("nothing came within the deadline", e);
        }

        if (count > 0)
            Assert(WriteBio(_in, _buffer, count) == count);
        else
            _ = ControlBio(_in, EndOfMemory, 0, 0);
        return count > 0;
    }

    /// <summary>What it has written, and was not sent.</summary>
    private byte[] Made()
    {
        using var made = new MemoryStream();
        for (int count; (count = ReadBio(_out, _buffer, _buffer.Length)) > 0;)
            made.Write(_buffer, 0, count);
        return made.ToArray();
    }

    private static void Assert(bool holds)
    {
        if (!holds)
            throw new ExpectationException("OpenSSL does not");
    }

    [LibraryImport(Library, EntryPoint = "TLS_client_method")]
    private static partial nint Method();

    [LibraryImport(Library, EntryPoint = "SSL_CTX_new")]
    private static partial nint NewContext(nint method);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_ctrl")]
    private static partial nint Control(nint context, int operation, nint number, nint argument);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_free")]
    private static partial void FreeContext(nint context);

    [LibraryImport(Library, EntryPoint = "SSL_new")]
    private static partial nint New(nint context);

    [LibraryImport(Library, EntryPoint = "SSL_free")]
    private static partial void Free(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_set_bio")]
    private static partial void SetBio(nint ssl, nint input, nint output);

    [LibraryImport(Library, EntryPoint = "SSL_set_connect_state")]
    private static partial void SetConnectState(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_do_handshake")]
    private static partial int Handshake(nint ssl);

    [LibraryImport(Library, EntryPoint = "SSL_key_update")]
    private static partial int KeyUpdate(nint ssl, int type);

    [LibraryImport(Library, EntryPoint = "SSL_get_error")]
    private static partial int Error(nint ssl, int result);

    [LibraryImport(Library, EntryPoint = "SSL_read")]
    private static partial int Read(nint ssl, [Out] byte[] bytes, int count);

    [LibraryImport(Library, EntryPoint = "SSL_write")]
    private static partial int Write(nint ssl, byte[] bytes, int count);

    [LibraryImport(Library, EntryPoint = "SSL_shutdown")]
    private static partial int Shutdown(nint ssl);

    [LibraryImport(Crypto, EntryPoint = "BIO_s_mem")]
    private static partial nint Memory();

    [LibraryImport(Crypto, EntryPoint = "BIO_new")]
    private static partial nint NewBio(nint method);

    [LibraryImport(Crypto, EntryPoint = "BIO_ctrl")]
    private static partial nint ControlBio(nint bio, int operation, nint number, nint argument);

    [LibraryImport(Crypto, EntryPoint = "BIO_read")]
    private static partial int ReadBio(nint bio, [Out] byte[] bytes, int count);

    [LibraryImport(Crypto, EntryPoint = "BIO_write")]
    private static partial int WriteBio(nint bio, byte[] bytes, int count);
}
