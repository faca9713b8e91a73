namespace Dynode.Protocols.Redis;

/// <summary>
/// Walks over the arguments of a request that <see cref="RespRequestFramer"/> has taken, and of which only the first bytes may
/// be at hand. It reads lines as the framer does, and never guesses: an argument that does not lie whole in those bytes is
/// not there.
/// </summary>
internal ref struct RequestArguments
{
    private ReadOnlySpan<byte> _rest;
    private int _left;

    /// <param name="request">An array of bulk strings, from its first byte.</param>
    public RequestArguments(ReadOnlySpan<byte> request)
    {
        _rest = request;
        Count = _left = TryTakeLine('*', out int count) ? count : 0;
    }

    /// <summary>How many arguments the request declares, its name among them; 0: servers ignore it.</summary>
    public int Count { get; }

    /// <summary>There are more arguments, which are not whole here.</summary>
    public bool IsCut { get; private set; }

    /// <summary>What is behind the arguments that were taken.</summary>
    public readonly ReadOnlySpan<byte> Rest => _rest;

    /// <summary>The next argument; false when there is none, or when it is not whole.</summary>
    public bool TryNext(out ReadOnlySpan<byte> argument)
    {
        argument = default;
        if (_left == 0 || IsCut) return false;
        IsCut = !TryTakeLine('$', out int length) || length > _rest.Length - 2;
        if (IsCut) return false;

        argument = _rest[..length];
        _rest = _rest[(length + 2)..];
        _left--;
        return true;
    }

    // A number that is too long for this line is the length of something that is not whole here.
    private bool TryTakeLine(char marker, out int number)
    {
        number = 0;
        if (_rest.IsEmpty || _rest[0] != marker) return false;
        int length = RespNumber.ReadShortLine(_rest, out long value);
        if (length == 0) return false;
        number = (int)value;
        _rest = _rest[length..];
        return true;
    }
}
