using System.Net.Sockets;
using System.Text;

namespace Dynode.Native.Hosting;

/// <summary>The verb that asks a running broadcaster whether it works: for container engines and supervisors, which know but a command.</summary>
internal static class HealthCheck
{
    /// <summary>A broadcaster that works answers within milliseconds; a machine that is busy may take some.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Asks, and prints what was said.</summary>
    /// <param name="port">The broadcaster's.</param>
    /// <param name="output">For a good answer.</param>
    /// <param name="error">For none.</param>
    /// <returns>The <see cref="ExitStatus"/>.</returns>
    public static int Run(int port, TextWriter output, TextWriter error)
    {
        string fault;
        try
        {
            using var patience = new CancellationTokenSource(Patience);
            string answer = AskAsync(port, patience.Token).GetAwaiter().GetResult();
            if (answer.StartsWith(HealthSocket.Good, StringComparison.Ordinal))
            {
                output.WriteLine(answer.TrimEnd());
                return ExitStatus.Good;
            }

            fault = "it ended without an answer";
        }
        catch (OperationCanceledException)
        {
            fault = $"no answer within {Patience.TotalSeconds} s";
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            fault = "none is running here";
        }
        catch (SocketException e)
        {
            fault = e.Message;
        }

        error.WriteLine($"dynode: the broadcaster on port {port} does not work: {fault}");
        return ExitStatus.Unhealthy;
    }

    private static async Task<string> AskAsync(int port, CancellationToken patience)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(HealthSocket.NameOf(port), patience).ConfigureAwait(false);
        byte[] bytes = new byte[256];
        int length = 0;
        while (length < bytes.Length && await socket.ReceiveAsync(bytes.AsMemory(length), patience).ConfigureAwait(false) is > 0 and var count)
            length += count;
        return Encoding.ASCII.GetString(bytes, 0, length);
    }
}
