using Dynode.Broadcast.Framed.Once;

namespace Dynode.Broadcast.Framed.Servers;

/// <summary>
/// Which database one connection's server is in, as far as its replies say; a fresh one is in database 0 without being told. A server
/// may refuse any other, or any SELECT at all: then it stays where it is, and what stands behind the refused SELECT, up to the next one,
/// must never be sent to it, for it would run in another database. The refusal is the reply to each of those requests.
/// <code>
///   log      … │ SELECT 5 │ SET a │ INCR b │ SELECT 0 │ GET c │ …
///   sent         yes        no      no       yes        yes
///   replies      -NOPERM    -NOPERM -NOPERM  -NOPERM    $1…          (it is in 0, so what that SELECT says does not matter)
/// </code>
/// Pure but for its fields; owned by one connection.
/// </summary>
internal sealed class Selection : ISelected
{
    private readonly HashSet<int> _granted = [];
    private byte[]? _refusal;

    /// <param name="database">That the preamble has selected; 0: none.</param>
    /// <param name="refusal">What the server said to the preamble's SELECT of the database in force; null: it has it.</param>
    public Selection(int database, byte[]? refusal)
    {
        Database = database;
        _refusal = refusal;
        if (database > 0)
            _granted.Add(database);
    }

    /// <summary>The one that the server is in.</summary>
    public int Database { get; private set; }

    /// <summary>What comes next, up to the next SELECT, must not be sent.</summary>
    public bool IsRefusing => _refusal is not null;

    /// <summary>What the server said.</summary>
    public ReadOnlySpan<byte> Refusal => _refusal;

    /// <inheritdoc/>
    public bool IsGranted(int database) => database == 0 || _granted.Contains(database);

    /// <summary>A SELECT was answered with OK.</summary>
    public void Granted(int database)
    {
        _granted.Add(database);
        Database = database;
        _refusal = null;
    }

    /// <summary>A SELECT of ours was refused.</summary>
    /// <returns>False: it changes nothing, for the server is in that database.</returns>
    public bool Refused(int database, ReadOnlySpan<byte> reply)
    {
        _granted.Remove(database);
        _refusal = database == Database ? null : reply.ToArray();
        return _refusal is not null;
    }

    /// <summary>A client's own SELECT comes, whatever its outcome: a SELECT of ours stands before whatever follows.</summary>
    public void Passed() => _refusal = null;

    /// <summary>Whether what follows a SELECT of ours may be sent before its reply is there.</summary>
    /// <param name="database">That it names.</param>
    /// <param name="isFirst">No SELECT is in flight before it.</param>
    public bool MayFollow(int database, bool isFirst) => _granted.Contains(database) || (isFirst && !IsRefusing && database == Database);
}
