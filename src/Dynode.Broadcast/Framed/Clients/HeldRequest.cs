using Dynode.Protocols;

namespace Dynode.Broadcast.Framed.Clients;

/// <summary>
/// What is known of a request that has been judged and finds no room: kept only while it waits, and used again. In turns only.
/// </summary>
internal sealed class HeldRequest
{
    private const int BytesMax = 1 << 10;

    private RequestVerdict _verdict;
    private byte[] _replacement = [];
    private byte[] _answer = [];
    private int _replacementLength;
    private int _answerLength;

    /// <summary>What became of it so far.</summary>
    public ref RequestVerdict Verdict => ref _verdict;

    /// <summary>As in <see cref="RequestScratch.Replacement"/>.</summary>
    public ReadOnlySpan<byte> Replacement => _replacement.AsSpan(0, _replacementLength);

    /// <summary>As in <see cref="RequestScratch.Answer"/>.</summary>
    public ReadOnlySpan<byte> Answer => _answer.AsSpan(0, _answerLength);

    /// <summary>Not worth keeping for the next.</summary>
    public bool IsLarge => Math.Max(_replacement.Length, _answer.Length) > BytesMax;

    /// <summary>Takes a copy of all.</summary>
    public void Keep(in RequestVerdict verdict, RequestScratch scratch)
    {
        _verdict = verdict;
        _replacementLength = Copy(scratch.Replacement.WrittenSpan, ref _replacement);
        _answerLength = Copy(scratch.Answer.WrittenSpan, ref _answer);
    }

    private static int Copy(ReadOnlySpan<byte> from, ref byte[] to)
    {
        if (from.Length > to.Length)
            to = new byte[from.Length];
        from.CopyTo(to);
        return from.Length;
    }
}
