namespace Dynode.LoadTest.Records;

/// <summary>
/// What one server has received, held against what was sent: nothing is kept but how far each client, or the order of all, has come.
/// Any thread.
/// </summary>
internal interface IServerRecord
{
    /// <summary>As they are now, all of one moment.</summary>
    RecordCounts Counts { get; }

    IConnectionRecord Begin();

    /// <summary>So many requests were all that this client sends.</summary>
    void ClientLeft(int client, long sent);

    /// <summary>Of a server that was removed: a request among the first so many of each client that it has not got; null: it has all.</summary>
    string? LacksUpTo(IReadOnlyDictionary<int, long> counts);

    /// <summary>Of a server that was added: a request behind the first so many of each client that came before it had begun to get any; null: none.</summary>
    string? LacksFrom(IReadOnlyDictionary<int, long> counts);
}

/// <summary>One connection to a server, from its first byte to its last. One caller at a time.</summary>
internal interface IConnectionRecord
{
    /// <summary>The next request, whole and right in itself.</summary>
    /// <returns>What is wrong with its coming here and now; null: nothing.</returns>
    string? Take(int client, long sequence, int bytes);

    /// <summary>It has ended, with so many bytes of a request that is not whole.</summary>
    void End(int tornBytes);
}

/// <summary>Requests, and the bytes in them.</summary>
internal readonly record struct Tally(long Requests, long Bytes)
{
    public static Tally operator +(Tally left, Tally right) => new(left.Requests + right.Requests, left.Bytes + right.Bytes);
}
