using System.Buffers;
using System.Text;

namespace Dynode.Protocols.Memcached;

/// <summary>Verdicts that answer a request here.</summary>
internal static class LocalAnswer
{
    public static ReadOnlySpan<byte> BadFormat => "CLIENT_ERROR bad command line format\r\n"u8;

    /// <summary>Begins an error whose cause are the servers.</summary>
    public static ReadOnlySpan<byte> ServerError => "SERVER_ERROR dynode: "u8;

    /// <summary>Begins an error whose cause is what the client asked for.</summary>
    public static ReadOnlySpan<byte> ClientError => "CLIENT_ERROR dynode: "u8;

    public static ReadOnlySpan<byte> Unknown => "ERROR\r\n"u8;

    /// <summary>Answers; unless the client, having said noreply, waits for nothing.</summary>
    /// <param name="scratch">Takes the answer.</param>
    /// <param name="answer">Whole.</param>
    /// <param name="silent">The client asked for no reply.</param>
    public static RequestVerdict Say(RequestScratch scratch, ReadOnlySpan<byte> answer, bool silent = false)
    {
        if (!silent)
            scratch.Answer.Write(answer);
        return new RequestVerdict { Action = RequestAction.Answer, Replies = 0 };
    }

    /// <summary>
    /// Refuses, with the reason, what the client asked for: as memcached does, by CLIENT_ERROR. SERVER_ERROR would say that the server is
    /// ill, and clients leave one alone for half a minute then.
    /// </summary>
    public static RequestVerdict Refuse(RequestScratch scratch, string reason, bool silent = false)
    {
        if (!silent)
            Write(scratch.Answer, ClientError, reason);
        return new RequestVerdict { Action = RequestAction.Answer, Replies = 0 };
    }

    /// <summary>One line.</summary>
    /// <param name="output">Takes it.</param>
    /// <param name="kind">What begins it.</param>
    /// <param name="text">What it says.</param>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> kind, string text)
    {
        output.Write(kind);
        Encoding.UTF8.GetBytes(text, output);
        output.Write("\r\n"u8);
    }

    /// <summary>What refuses every compare of cas numbers.</summary>
    public const string CasRefused = "cas is refused, cas numbers are each server's own; set memcached_cas=true to allow it";
}
