namespace Dynode.Broadcast.Framed.Servers;

/// <summary>What a new connection asks its server, behind the protocol's own steps, one by one, each reply waited for. In turns only; dies with its connection.</summary>
internal interface IServerBegin
{
    /// <summary>What is asked now.</summary>
    ReadOnlyMemory<byte> Request { get; }

    /// <summary>Goes on to the next request.</summary>
    /// <returns>False: there is none, the server is ready.</returns>
    bool TryNext();

    /// <summary>What is wrong, by the reply to the request given last; null: nothing.</summary>
    string? Fault(ReadOnlySpan<byte> reply);
}
