using System.Net.Sockets;
using System.Text;
using Dynode.Native.Configuration;

namespace Dynode.Native.Hosting;

/// <summary>
/// The verb that asks a running broadcaster whether it works: for container engines and supervisors, which know but a command. It waits
/// in the kernel and takes no thread: in a container that allows few, those are the broadcaster's.
/// </summary>
internal static class HealthCheck
{
    /// <summary>A broadcaster that works answers within milliseconds; a machine that is busy may take some.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private const int AnswerBytesMax = 8 << 10;

    /// <summary>Asks, and prints what was said.</summary>
    /// <param name="port">The broadcaster's, as far as it is known.</param>
    /// <param name="file">The configuration file: one whose port has changed meanwhile is told by it.</param>
    /// <param name="isReady">Whether it accepts clients is asked too.</param>
    /// <param name="output">For a good answer.</param>
    /// <param name="error">For none.</param>
    /// <returns>The <see cref="ExitStatus"/>.</returns>
    public static int Run(ConfiguredPort port, string? file, bool isReady, TextWriter output, TextWriter error)
    {
        (string answer, string? fault) = port.Number is { } number ? Ask(number) : ("", NoneRuns);
        if (fault == NoneRuns && !port.IsTold && file is not null)
        {
            // The file says what the next one is to do; one that runs with it is known by its name.
            foreach (int other in HealthSocket.Ports())
            {
                (string said, string? silence) = Ask(other);
                if (silence is null && HealthAnswer.IsOf(said, file))
                    (answer, fault) = (said, null);
            }
        }

        string place = port.Number is { } known ? $"on port {known}" : $"with {Shown.Plain(file!)}";
        if (fault is not null)
        {
            error.WriteLine($"dynode: the broadcaster {place} does not work: {fault}");
            return ExitStatus.Unhealthy;
        }

        if (isReady && HealthAnswer.NotReady(answer) is { } reason)
        {
            error.WriteLine($"dynode: the broadcaster {place} is not ready: {reason}");
            return ExitStatus.Unhealthy;
        }

        output.WriteLine(HealthAnswer.Summary(answer));
        return ExitStatus.Good;
    }

    private const string NoneRuns = "none is running here";

    private static (string Answer, string? Fault) Ask(int port)
    {
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            {
                SendTimeout = (int)Patience.TotalMilliseconds,
                ReceiveTimeout = (int)Patience.TotalMilliseconds,
            };
            socket.Connect(HealthSocket.NameOf(port));
            byte[] bytes = new byte[AnswerBytesMax];
            int length = 0;
            while (length < bytes.Length && socket.Receive(bytes.AsSpan(length)) is > 0 and var count)
                length += count;
            string answer = Encoding.UTF8.GetString(bytes, 0, length);
            return (answer, HealthAnswer.IsGood(answer) ? null : "it ended without an answer");
        }
        catch (SocketException e)
        {
            return ("", e.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => NoneRuns,
                SocketError.TimedOut or SocketError.WouldBlock => $"no answer within {Patience.TotalSeconds} s",
                _ => e.Message,
            });
        }
    }
}
