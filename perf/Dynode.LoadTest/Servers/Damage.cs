namespace Dynode.LoadTest.Servers;

internal enum DamageKind
{
    None,

    /// <summary>A byte within a request is lost.</summary>
    Byte,

    /// <summary>A whole request is lost.</summary>
    Lost,

    /// <summary>A whole request comes twice.</summary>
    Twice,

    /// <summary>Two requests that follow each other on a connection change places.</summary>
    Swapped,
}

/// <summary>What one server does to what it gets, once, to prove that the checks see it: such a run must fail.</summary>
/// <param name="Kind">Of damage.</param>
/// <param name="Server">Index of the server.</param>
internal readonly record struct Damage(DamageKind Kind, int Server)
{
    /// <summary>Done to the request with this number: late enough for all connections to be there, early enough for every scenario.</summary>
    public const int RequestNumber = 100;

    /// <summary><c>lost@1</c>: a kind and a server.</summary>
    public static bool TryParse(string text, int servers, out Damage damage)
    {
        string[] parts = text.Split('@');
        bool isKind = Enum.TryParse(parts[0], ignoreCase: true, out DamageKind kind) && kind != DamageKind.None;
        damage = default;
        if (!isKind || parts.Length != 2 || !int.TryParse(parts[1], out int server) || server < 0 || server >= servers) return false;
        damage = new Damage(kind, server);
        return true;
    }
}
