namespace Dynode.Protocols;

/// <summary>What a reply is to whoever compares it with one of a server that nobody here is connected to.</summary>
public enum ReplyForm : byte
{
    /// <summary>Servers with the same data say it in the same bytes, in whichever protocol.</summary>
    Plain,

    /// <summary>In another protocol they would say it in other bytes.</summary>
    OfProtocol,

    /// <summary>It is about the server's own state (its memory, its disk, its users), not about data: equal servers may say something else.</summary>
    OfState,
}
