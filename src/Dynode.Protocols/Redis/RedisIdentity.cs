using System.Security.Cryptography;

namespace Dynode.Protocols.Redis;

/// <summary>
/// Who one client is: its number, its name, whether it may speak, and in which protocol. A mutable struct, owned by its client's reader.
/// </summary>
/// <param name="id">1 for the first client.</param>
internal struct RedisIdentity(long id)
{
    /// <summary>In bytes. redis has no limit; a name is for log lines and lists, and is kept as long as its client.</summary>
    public const int NameBytesMax = 256;

    /// <summary>The error for a longer name.</summary>
    public const string TooLong = "ERR Client names cannot be longer than 256 bytes.";

    private byte[]? _name;

    /// <summary>The client's number.</summary>
    public readonly long Id => id;

    /// <summary>It has shown a password, or needed none when it spoke: it stays, whatever a reload asks of later ones.</summary>
    public bool IsAuthenticated { get; set; }

    /// <summary>2 or 3: the RESP that it chose by HELLO, and that all which it is answered is in.</summary>
    public byte Protocol { get; set; } = RequestVerdict.FirstProtocol;

    /// <summary>Empty: it has none.</summary>
    public readonly ReadOnlySpan<byte> Name => _name;

    /// <summary>Takes a name; empty forgets it.</summary>
    /// <returns>Null, or the error.</returns>
    public string? SetName(ReadOnlySpan<byte> name)
    {
        if (NameFault(name) is { } fault) return fault;
        _name = name.IsEmpty ? null : name.ToArray();
        return null;
    }

    /// <summary>Null where it can be a client's name; else the error.</summary>
    public static string? NameFault(ReadOnlySpan<byte> name)
    {
        if (name.ContainsAnyExceptInRange((byte)'!', (byte)'~')) return "ERR Client names cannot contain spaces, newlines or special characters.";
        return name.Length > NameBytesMax ? TooLong : null;
    }

    /// <summary>Takes a password. There is one user, redis's default one; without a password configured any password is its.</summary>
    /// <returns>Null, or the error.</returns>
    public string? Authenticate(ReadOnlySpan<byte> user, ReadOnlySpan<byte> password, ProtocolSettings settings)
    {
        bool right = IsPassword(password, settings.ClientPassword);
        if (!right || !user.SequenceEqual("default"u8)) return "WRONGPASS invalid username-password pair or user is disabled.";
        IsAuthenticated = true;
        return null;
    }

    /// <summary>Forgets all but the number.</summary>
    public void Reset() => this = new(id);

    // Takes as long for a password that is nearly right as for any other of its length.
    private static bool IsPassword(ReadOnlySpan<byte> given, Secret expected) =>
        expected.IsEmpty || CryptographicOperations.FixedTimeEquals(given, expected.Bytes);
}
