namespace Dynode.LoadTest.Requests;

/// <summary>What one request must be, in three pieces, each a view of somebody's bytes.</summary>
/// <param name="head">Its words, and what a protocol puts round them.</param>
/// <param name="payload">Its letters.</param>
/// <param name="tail">Its end.</param>
internal readonly ref struct RequestText(ReadOnlySpan<byte> head, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> tail)
{
    private readonly ReadOnlySpan<byte> _head = head;
    private readonly ReadOnlySpan<byte> _payload = payload;
    private readonly ReadOnlySpan<byte> _tail = tail;

    public int Length => _head.Length + _payload.Length + _tail.Length;

    public void Write(Span<byte> to)
    {
        _head.CopyTo(to);
        _payload.CopyTo(to[_head.Length..]);
        _tail.CopyTo(to[(_head.Length + _payload.Length)..]);
    }

    /// <summary>Compares it with what has come of it so far.</summary>
    public RequestRead Compare(ReadOnlySpan<byte> from, int client, long sequence)
    {
        int wrong = Difference(from, 0, _head);
        if (wrong < 0) wrong = Difference(from, _head.Length, _payload);
        if (wrong < 0) wrong = Difference(from, _head.Length + _payload.Length, _tail);
        if (wrong >= 0) return RequestRead.Wrong($"byte {wrong} of request {sequence} of client {client} is wrong: {Identity.Shown(from[wrong..])}");
        return from.Length < Length ? RequestRead.Partial : new(RequestKind.Request, Length, client, sequence);
    }

    private static int Difference(ReadOnlySpan<byte> from, int at, ReadOnlySpan<byte> piece)
    {
        if (at >= from.Length) return -1;
        from = from[at..];
        int same = from.CommonPrefixLength(piece);
        return same == Math.Min(from.Length, piece.Length) ? -1 : at + same;
    }
}
