using System.Diagnostics;
using System.Net.Sockets;
using Dynode.Broadcast.Listening;
using Dynode.Native.Handover;
using Microsoft.Extensions.Logging;

namespace Dynode.Native.Hosting;

/// <summary>
/// What a broadcaster is asked by, beside what clients come to: health, a successor, operators. A name of the kernel's is one process's at a
/// time, so a successor gets them when the one before has given them back.
/// </summary>
internal sealed class OwnSockets(int port, AdminSide admin, ILogger log) : IDisposable
{
    /// <summary>One that died gives its names back a moment after its end is seen: the kernel closes its descriptors one by one.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private HealthSocket? _health;

    /// <summary>Where a successor comes to; null: nowhere.</summary>
    public HandoverSocket? Handover { get; private set; }

    /// <summary>Opens all of them; those that cannot be had are said, and gone without.</summary>
    /// <param name="health">Makes an answer to <c>dynode health</c>.</param>
    /// <param name="handover">Opens where a successor comes to.</param>
    /// <param name="isStart">It must have the admin port that it was told to open; one that goes on from another must go on, and waits a moment for names.</param>
    /// <exception cref="ListenException">The admin port cannot be had, and must be.</exception>
    public void Open(Func<string> health, Func<HandoverSocket> handover, bool isStart)
    {
        TimeSpan patience = isStart ? TimeSpan.Zero : Patience;
        try
        {
            _health = Had(() => new HealthSocket(port, health, log), patience);
        }
        catch (SocketException e)
        {
            HostLog.NoHealthSocket(log, e.Message);
        }

        try
        {
            Handover = Had(handover, patience);
        }
        catch (SocketException e)
        {
            HandoverLog.NoSocket(log, e.Message);
        }

        try
        {
            admin.OpenDoors(patience);
        }
        catch (ListenException e) when (!isStart)
        {
            HostLog.CannotListen(log, e.Message);
        }
    }

    /// <summary>Opens what another may have for a moment yet.</summary>
    /// <exception cref="SocketException">It cannot be had.</exception>
    public static T Had<T>(Func<T> open, TimeSpan patience)
        where T : class
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return open();
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse && Stopwatch.GetElapsedTime(began) < patience)
            {
                Task.Delay(TimeSpan.FromMilliseconds(1)).GetAwaiter().GetResult();
            }
        }
    }

    /// <summary>Gives them back; a successor that is there sees the end of its conversation.</summary>
    public void Dispose()
    {
        _health?.Dispose();
        admin.Dispose();
        Handover?.Dispose();
        Handover?.Successor?.Dispose();
    }
}
