namespace Dynode.Broadcast.Framed.Servers;

/// <summary>Sends one server the log as it is, from its pages. In turns only.</summary>
internal sealed class LogSending(FramedDelivery delivery, ServerParts parts, SendWindow window)
{
    /// <summary>Sends what there is.</summary>
    /// <param name="limit">Up to where.</param>
    /// <param name="now">The turn's time.</param>
    /// <returns>False: the kernel takes no more now.</returns>
    public bool TrySend(long limit, long now)
    {
        while (delivery.IsOpen && delivery.Connection!.PendingBytes == 0 && window.Position < limit && window.TryRead(out var bytes, out var page))
        {
            if (bytes.Length > limit - window.Position)
                bytes = bytes[..(int)(limit - window.Position)];
            if (delivery.Cursor.Position == window.Position)
                delivery.Standing.Progressed(now);
            int sent = delivery.Connection.Send(bytes, page, now);
            if (delivery.IsOpen)
                Skip(sent, now);
            if (sent < bytes.Length)
                return false;
        }

        return true;
    }

    /// <summary>The kernel has taken bytes.</summary>
    public void Skip(int sent, long now)
    {
        if (sent == 0)
            return;
        long from = window.Position;
        window.Skip(sent);
        var matcher = delivery.Connection!.Matcher!;

        // What it could not yet answer: a long request that is taken bit by bit is no silence. What follows is no progress without an answer.
        if (parts.IgnoresReplies || (matcher.TryPeek(out var next) && from < next.End))
            delivery.Standing.Progressed(now);
        if (parts.IgnoresReplies)
            matcher.AcknowledgeSent(window.Position, now);
        if (delivery.Connection.Reading.AwaitsRest)
            delivery.Connection.ReadOn();
    }
}
