using System.Net.Sockets;
using System.Text;
using Dynode.TestKit;

namespace Dynode.Scenarios.Memcached;

/// <summary>A client that asks in text and gets all that was answered as text; one character a byte. Every wait has a deadline.</summary>
internal sealed class TextClient : IDisposable
{
    private const string Mark = "MN\r\n";
    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[64 << 10];

    private TextClient(Socket socket) => _socket = socket;

    public static async Task<TextClient> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync("127.0.0.1", port);
        return new TextClient(socket);
    }

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>Sends requests, and an mn behind them; gives what came before its answer.</summary>
    public async Task<string> AskAsync(string requests)
    {
        // Sent and read at once: neither side's buffers hold all of a long pipeline.
        var sending = SendAsync(Bytes(requests + "mn\r\n"));
        string answer = await ReadAsync(text => text.EndsWith("\r\n" + Mark, StringComparison.Ordinal) || text == Mark, requests);
        await sending;
        return answer[..^Mark.Length];
    }

    /// <summary>What is answered to all that is being sent.</summary>
    public async Task<string> AskAfterAsync(Task sending)
    {
        var marked = Task.Run(async () =>
        {
            await sending;
            await SendAsync("mn\r\n"u8.ToArray());
        });
        string answer = await ReadAsync(text => text.EndsWith("\r\n" + Mark, StringComparison.Ordinal) || text == Mark, "a pipeline");
        await marked;
        return answer[..^Mark.Length];
    }

    /// <summary>Sends requests, cut at random, each with an mn behind it; gives what came for each.</summary>
    public async Task<string[]> AskEachAsync(IReadOnlyList<string> requests, Random random)
    {
        byte[] bytes = Bytes(string.Concat(requests.Select(request => request + "mn\r\n")));
        var sending = SendCutAsync(bytes, random);
        var answers = new string[requests.Count];
        string text = "";
        for (int i = 0; i < answers.Length; i++)
        {
            int end;
            while ((end = EndOf(text)) < 0)
                text += await ReadSomeAsync($"{Shown(requests[i])}, {i} of {answers.Length}; so far: {Shown(text)}");
            answers[i] = text[..(end - Mark.Length)];
            text = text[end..];
        }

        await sending;
        return answers;
    }

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var limit = new CancellationTokenSource(Deadline.Default);
        while (bytes.Length > 0)
            bytes = bytes[await _socket.SendAsync(bytes, limit.Token)..];
    }

    public async Task SendCutAsync(byte[] bytes, Random random)
    {
        for (int at = 0; at < bytes.Length;)
        {
            int length = Math.Min(bytes.Length - at, random.Next(1, random.Next(3) == 0 ? 40 : 20_000));
            await SendAsync(bytes.AsMemory(at, length));
            at += length;
        }
    }

    /// <summary>What comes until the other side ends; a reset is an end too.</summary>
    public async Task<string> ReadToEndAsync()
    {
        var all = new StringBuilder();
        using var limit = new CancellationTokenSource(Deadline.Default);
        try
        {
            int count;
            while ((count = await _socket.ReceiveAsync(_buffer, limit.Token)) > 0)
                all.Append(Encoding.Latin1.GetString(_buffer, 0, count));
        }
        catch (SocketException)
        {
        }
        catch (OperationCanceledException e)
        {
            throw new ExpectationException($"no end; so far: {Shown(all.ToString())}", e);
        }

        return all.ToString();
    }

    /// <summary>RST.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public void End() => _socket.Shutdown(SocketShutdown.Send);

    public void Dispose() => _socket.Dispose();

    private static int EndOf(string text)
    {
        if (text.StartsWith(Mark, StringComparison.Ordinal)) return Mark.Length;
        int at = text.IndexOf("\r\n" + Mark, StringComparison.Ordinal);
        return at < 0 ? -1 : at + 2 + Mark.Length;
    }

    private static string Shown(string text) => text.Length > 300 ? $"{text[..150]}…{text[^150..]} ({text.Length})" : text;

    private async Task<string> ReadAsync(Func<string, bool> isWhole, string asked)
    {
        var all = new StringBuilder();
        while (true)
        {
            all.Append(await ReadSomeAsync($"{Shown(asked)}; so far: {Shown(all.ToString())}"));
            string tail = all.ToString(Math.Max(0, all.Length - 16), Math.Min(16, all.Length));
            if (isWhole(all.Length <= 16 ? tail : "…" + tail)) return all.ToString();
        }
    }

    private async Task<string> ReadSomeAsync(string asked)
    {
        using var limit = new CancellationTokenSource(Deadline.Default);
        try
        {
            int count = await _socket.ReceiveAsync(_buffer, limit.Token);
            return count > 0 ? Encoding.Latin1.GetString(_buffer, 0, count) : throw new ExpectationException($"the end came, asked {asked}");
        }
        catch (OperationCanceledException e)
        {
            throw new ExpectationException($"no whole answer to {asked}", e);
        }
    }
}
