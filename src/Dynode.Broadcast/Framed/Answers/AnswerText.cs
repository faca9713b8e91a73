using System.Globalization;
using Dynode.Protocols.Policies;

namespace Dynode.Broadcast.Framed.Answers;

/// <summary>What clients are told when no server's reply can be theirs. One line each; the protocol adds its form.</summary>
internal static class AnswerText
{
    public const string ReplyLost = "the reply was lost for want of memory (memory_max); the request was carried out";

    public const string ReplyTooLong = "the reply is longer than max_reply_bytes and had to wait; the request was carried out";

    public const string NoServer = "no server is current; the request is kept, and reaches the servers that return within the backlog";

    public const string NoSpeaker = "no server is current that speaks the protocol that this client chose; the request is kept, and reaches the servers all the same";

    public const string NoServerAtAll = "there is no server; the request is lost";

    public const string NotKeptAway = "the log is away: not kept";

    public const string NotKeptNoServer = "no server is current here: not kept";

    /// <summary>Who was current may be another broadcaster's by now, or there is nobody.</summary>
    public const string NoServerHere = "no server is current here: the read was not done";

    /// <summary>It was in a parcel that the log had not taken, and takes no more.</summary>
    public const string NotKeptShorter = "the log takes less than it did: not kept";

    public const string KeptPerhaps = "the log does not answer: it is kept if the log takes it";

    public const string CursorGone = "this cursor is of a server that is not current, or not of these: begin anew, with cursor 0";

    /// <summary>It does not go into one entry of the log.</summary>
    /// <param name="bytesMax">What does.</param>
    public static string LongerThanLog(int bytesMax) => $"the request is longer than the log takes: {bytesMax} bytes, by NATS's max_payload; not kept";

    /// <summary>In place of one server's reply under <c>all</c>.</summary>
    public static string Missing(Voter server) => $"server {server.Address} did not answer; the request is kept for it";

    /// <summary>Nobody is left who could answer.</summary>
    /// <param name="voters">Those of the request.</param>
    /// <param name="rank">The one that it failed by; -1: all.</param>
    /// <param name="protocol">That its reply must be in.</param>
    public static string NobodyLeft(VoterSet voters, int rank, byte protocol)
    {
        if (voters.IsOrigin)
            return CursorGone;
        if (voters.Configured.IsEmpty)
            return NoServerAtAll;
        if (voters.Configured.Any(voter => !voter.Speaks(protocol)) && voters.Voters.All(voter => !voter.Speaks(protocol)))
            return NoSpeaker;
        if (voters.Count == 0)
            return NoServer;
        return rank < 0
            ? "every server that was current is gone, or stands still; the request is kept, and those that go on will have it"
            : $"server {voters.Voters[rank].Address} is gone, or stands still; the request is kept, and it will have it when it goes on";
    }

    /// <summary>How the voters split.</summary>
    public static string Split(ReadOnlySpan<Vote> votes, int configured)
    {
        var groups = new Dictionary<uint, int>();
        int pending = 0;
        foreach (var vote in votes)
        {
            if (vote.HasSpoken)
                groups[vote.Hash] = groups.GetValueOrDefault(vote.Hash) + 1;
            else if (vote.State == VoteState.Pending)
                pending++;
        }

        int away = configured - groups.Values.Sum() - pending;
        string alike = groups.Count == 0 ? "none has answered" : $"{string.Join(" : ", groups.Values.OrderDescending())} answered alike";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"no majority of the {configured} servers: {alike}, {pending} may yet, {away} cannot now; the request is kept for every server");
    }
}
