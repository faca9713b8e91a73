namespace Dynode.Broadcast.Transport;

/// <summary>
/// So many handshakes compute at once, on the pool; others wait in the order they came. Who waits for its other side computes nothing and has no
/// place: one that stops in the midst of it costs its socket, and nobody a turn. One for each handshake.
/// </summary>
/// <param name="places">Shared by all.</param>
internal sealed class HandshakeTurns(SemaphoreSlim places)
{
    private bool _hasPlace;

    /// <summary>Goes to the pool, and waits for a place there.</summary>
    /// <exception cref="OperationCanceledException">It took too long.</exception>
    public async ValueTask EnterAsync(CancellationToken cancellation)
    {
        // What completes on the event thread goes on there where nobody sends it away, and a handshake takes a millisecond.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        await places.WaitAsync(cancellation).ConfigureAwait(false);
        _hasPlace = true;
    }

    /// <summary>Gives its place to the next; nothing where it has none.</summary>
    public void Leave()
    {
        if (!_hasPlace)
            return;
        _hasPlace = false;
        places.Release();
    }
}
