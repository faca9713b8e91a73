using System.Buffers;
using System.Text;

namespace Dynode.Protocols.Memcached;

/// <summary>
/// What servers answer to <c>version</c>, and clients are answered: the oldest of those that are current, for clients choose by it what
/// they may send, and it reaches them all.
/// </summary>
internal static class MemcachedVersion
{
    /// <summary>A longer one is none that clients could be told.</summary>
    public const int CharsMax = 64;

    private const string ServerName = "memcached";

    /// <summary>What begins the answer.</summary>
    public static ReadOnlySpan<byte> Begin => "VERSION "u8;

    /// <summary>By a server's whole answer; null: it says none that is printable and short.</summary>
    public static ServerTraits? Of(ReadOnlyMemory<byte> reply)
    {
        var line = PrintableText.FirstLine(reply.Span);
        var version = line.StartsWith(Begin) ? line[Begin.Length..] : default;
        bool isFit = version.Length is > 0 and <= CharsMax && !version.ContainsAnyExceptInRange((byte)'!', (byte)'~');
        return isFit ? new ServerTraits(ServerName, Encoding.ASCII.GetString(version), ProtocolMax: 0) : null;
    }

    /// <summary>Answers a client.</summary>
    /// <param name="servers">Of another name where no memcached has been current yet.</param>
    /// <param name="answer">Takes it.</param>
    public static void Write(ServerTraits servers, IBufferWriter<byte> answer)
    {
        if (servers.Name != ServerName)
        {
            LocalAnswer.Write(answer, LocalAnswer.ServerError, "no server has said its version yet");
            return;
        }

        answer.Write(Begin);
        Encoding.ASCII.GetBytes(servers.Version, answer);
        answer.Write("\r\n"u8);
    }
}
