using System.Net;

namespace Dynode.Broadcast.Listening;

/// <summary>One client at one moment.</summary>
/// <param name="Id">Its own while the broadcaster runs.</param>
/// <param name="Address">From where it came; null: it had gone before that was asked.</param>
/// <param name="Age">How long it has been here.</param>
/// <param name="Requests">Framed: requests of it that a server was to answer.</param>
/// <param name="ReceivedBytes">From it.</param>
/// <param name="RelayedBytes">That it took.</param>
/// <param name="OwedRequests">Framed: of the requests, those that are not answered.</param>
/// <param name="OwedBytes">Framed: replies that wait for it. Raw: bytes of it that are held for servers.</param>
/// <param name="IsHeld">Framed: it waits for room, or is not read for now, for it has sent more than <c>request_rate</c>.</param>
public sealed record ClientFigures(
    long Id,
    EndPoint? Address,
    TimeSpan Age,
    long? Requests,
    long ReceivedBytes,
    long RelayedBytes,
    long? OwedRequests,
    long OwedBytes,
    bool IsHeld);
