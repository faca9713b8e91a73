using System.Text;

namespace Dynode.TestKit.Framed;

/// <summary>One protocol on one connection, from the server's side: small and slow, and written apart from what it tests.</summary>
internal interface IFraming
{
    /// <summary>redis: the one in force.</summary>
    int Database { get; }

    /// <summary>Takes one request off the front; null: there is no whole one. Empty: nothing that wants an answer.</summary>
    /// <param name="bytes">Begins where a request does.</param>
    /// <param name="length">Of what was taken.</param>
    /// <exception cref="FormatException">This is no request.</exception>
    string[]? Take(ReadOnlySpan<byte> bytes, out int length);

    /// <summary>Where only such came before it on its connection.</summary>
    bool IsPreamble(string[] words);

    /// <summary>What it gets.</summary>
    /// <param name="request">Asked about in the order in which they came.</param>
    /// <param name="script">In force.</param>
    /// <param name="steer">What the test wants; null: nothing of its own.</param>
    FramedReply Answer(FramedRequest request, FramedScript script, Func<FramedRequest, FramedReply?> steer);

    /// <summary>To what is no request.</summary>
    FramedReply Fault(string text);

    /// <summary>The line at the front, without its end; null: there is no whole one.</summary>
    static string? Line(ReadOnlySpan<byte> bytes, out int length)
    {
        length = bytes.IndexOf((byte)'\n') + 1;
        return length == 0 ? null : Encoding.Latin1.GetString(bytes[..length]).TrimEnd('\n').TrimEnd('\r');
    }
}
