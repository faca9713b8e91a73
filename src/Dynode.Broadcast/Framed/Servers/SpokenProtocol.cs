using Dynode.Broadcast.Framed.Sequence;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// Which protocol one connection's server speaks, as far as its replies say, and which one the log wants of it. A server that refuses the
/// newer one goes on in the first: it carries out the same requests, and what it replies to those who chose the newer one is nobody's. One
/// that would not go back to the first is sent nothing more, and read until it has answered what it was sent; its next connection begins
/// with the first.
/// <code>
///   log      … │ HELLO 3 │ GET a │ HELLO 2 │ GET b │ …
///   replies      -NOPROTO  nobody's  :2       b's                  carried out all the same
///   replies      :3        a's       -NOPERM  nobody's             and here the connection ends, when all that was sent is answered
/// </code>
/// Pure but for its fields; owned by one connection.
/// </summary>
/// <param name="spoken">What the preamble has brought about.</param>
/// <param name="wanted">In force where the log goes on.</param>
internal sealed class SpokenProtocol(byte spoken, byte wanted)
{
    private int _spoken = spoken;
    private int _wanted = wanted;

    /// <summary>Replies are not in the form that those want who wait for them.</summary>
    public bool IsOther => _wanted != _spoken;

    /// <summary>In which replies come.</summary>
    public int Spoken => _spoken;

    /// <summary>Why the connection must end when what was sent has been answered; null: it need not.</summary>
    public string? Fault { get; private set; }

    /// <summary>What a refusal is called, for the operator.</summary>
    public static string RefusalOf(int protocol, ReadOnlySpan<byte> reply) => $"refuses protocol {protocol}: {ReplyText.Printable(reply)}";

    /// <summary>A request of ours for a protocol was answered.</summary>
    /// <param name="tag">Its.</param>
    /// <param name="reply">By its first bytes.</param>
    /// <param name="isError">That it was refused.</param>
    public void Take(RequestTag tag, ReadOnlySpan<byte> reply, bool isError)
    {
        _wanted = tag.Named;
        if (!isError)
            _spoken = _wanted;
        if (_spoken > _wanted)
            Fault ??= RefusalOf(_wanted, reply);
    }
}
