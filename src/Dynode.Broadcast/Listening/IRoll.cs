namespace Dynode.Broadcast.Listening;

/// <summary>Who knows all clients. Any thread, but under no lock.</summary>
internal interface IRoll
{
    /// <summary>All clients.</summary>
    ClientFigures[] Figures();
}
