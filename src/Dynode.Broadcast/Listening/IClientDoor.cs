using Dynode.Broadcast.Transport;

namespace Dynode.Broadcast.Listening;

/// <summary>Who takes the clients that a listener accepts. Any thread.</summary>
internal interface IClientDoor
{
    /// <summary>Takes who has come in, or closes it.</summary>
    void Admit(Arrival arrival);

    /// <summary>Descriptors have run out, and a client waits for one.</summary>
    void MakeRoom();
}
