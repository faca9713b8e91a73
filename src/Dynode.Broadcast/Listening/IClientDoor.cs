using System.Net.Sockets;

namespace Dynode.Broadcast.Listening;

/// <summary>Who takes the clients that a listener accepts. Any thread.</summary>
internal interface IClientDoor
{
    /// <summary>Takes an accepted socket, or closes it.</summary>
    void Admit(Socket socket);

    /// <summary>Descriptors have run out, and a client waits for one.</summary>
    void MakeRoom();
}
