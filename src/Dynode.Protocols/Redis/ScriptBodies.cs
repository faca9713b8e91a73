using System.Diagnostics.CodeAnalysis;
using System.IO.Hashing;

namespace Dynode.Protocols.Redis;

/// <summary>
/// The scripts that clients have sent, by the hash that servers know them by: so that where servers are not all told of a script by one broadcaster, or have forgotten it, a request that
/// names it by its hash can be sent with all of it. What was used longest ago goes first. One for all clients of a broadcaster; in their turns only.
/// </summary>
internal sealed class ScriptBodies
{
    /// <summary>More are not kept.</summary>
    public const int CountMax = 1024;

    /// <summary>Nor more bytes of them together.</summary>
    public const int BytesMax = 1 << 20;

    private const int HashLength = 40;

    private readonly Dictionary<string, Script> _byHash = [];

    // By a hash of our own, which is quick: a script is most often one that is known.
    private readonly Dictionary<ulong, Script> _known = [];
    private long _uses;

    /// <summary>Bytes of those that are kept.</summary>
    public int Bytes { get; private set; }

    /// <summary>How many are kept.</summary>
    public int Count => _byHash.Count;

    /// <summary>A client has sent a script.</summary>
    public void Learn(ReadOnlySpan<byte> body)
    {
        ulong key = XxHash3.HashToUInt64(body);
        if (_known.TryGetValue(key, out var script) && body.SequenceEqual(script.Body))
        {
            script.UsedAt = ++_uses;
            return;
        }

        if (body.Length > BytesMax)
            return;
        if (script is not null)
            Forget(script);
        while (Count == CountMax || Bytes + body.Length > BytesMax)
            Forget(_byHash.Values.MinBy(static one => one.UsedAt)!);
        script = new Script(Sha1.Of(body), key, body.ToArray()) { UsedAt = ++_uses };
        (_byHash[script.Hash], _known[key]) = (script, script);
        Bytes += body.Length;
    }

    /// <summary>Finds a script.</summary>
    /// <param name="hash">As a client gives it, in either case.</param>
    /// <param name="body">It.</param>
    /// <returns>False: it is not kept.</returns>
    public bool TryFind(ReadOnlySpan<byte> hash, [NotNullWhen(true)] out byte[]? body)
    {
        body = null;
        Span<char> text = stackalloc char[HashLength];
        if (hash.Length != HashLength)
            return false;
        for (int i = 0; i < HashLength; i++)
            text[i] = char.ToLowerInvariant((char)hash[i]);
        if (!_byHash.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out var script))
            return false;
        script.UsedAt = ++_uses;
        body = script.Body;
        return true;
    }

    /// <summary>Servers are told to forget them.</summary>
    public void Clear()
    {
        _byHash.Clear();
        _known.Clear();
        Bytes = 0;
    }

    private void Forget(Script script)
    {
        _byHash.Remove(script.Hash);
        _known.Remove(script.Key);
        Bytes -= script.Body.Length;
    }

    private sealed class Script(string hash, ulong key, byte[] body)
    {
        public string Hash => hash;

        public ulong Key => key;

        public byte[] Body => body;

        public long UsedAt { get; set; }
    }
}
