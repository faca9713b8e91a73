namespace Dynode.Broadcast.Raw;

/// <summary>Where a session is counted. Any thread.</summary>
internal interface ISessionHome
{
    /// <summary>The client of a session is gone; what it left may linger.</summary>
    void ClientLeft(ClientSession session);

    /// <summary>Nothing of a session is left.</summary>
    void Ended(ClientSession session);
}
