using System.Text;
using Dynode.Protocols;
using Dynode.Protocols.Policies;
using Dynode.UnitTests.Protocols.Policies;

namespace Dynode.UnitTests.Broadcast.Framed.Answers;

/// <summary>One request of the model: what each server said to it, in the order in which it was said.</summary>
internal sealed class AskedRequest
{
    public required long Number { get; init; }

    public required AnsweredClient? Client { get; init; }

    /// <summary>By rank, indexes of servers.</summary>
    public required int[] Voters { get; init; }

    public required int Servers { get; init; }

    public ReplyClass Class { get; init; }

    public byte Hide { get; init; }

    public int Selects { get; init; } = -1;

    /// <summary>By rank: what they did, as <see cref="HistoryModel"/> writes it.</summary>
    public List<Event> Votes { get; } = [];

    /// <summary>By server: all of its reply.</summary>
    public Dictionary<int, string> Replies { get; } = [];

    /// <summary>The reply that was on its way to the client when its server died.</summary>
    public string? Torn { get; set; }

    public bool IsComplete => Votes.Count == Voters.Length;

    public bool IsPending(int server) => Array.IndexOf(Voters, server) is var rank && rank >= 0 && !Votes.Exists(vote => vote.Voter == rank);

    public void Vote(int server, char what) => Votes.Add(new Event(Array.IndexOf(Voters, server), what));
}

/// <summary>What a client must have got in the end: <see cref="HistoryModel"/>'s sentence about each of its requests, its own answers between.</summary>
internal static class AnswersModel
{
    /// <summary>An error of the broadcaster's own, whatever it says.</summary>
    public const string OwnError = "!\n";

    public static HistoryModel.Sentence SentenceOf(IReplyPolicy policy) => policy switch
    {
        AllReplies => HistoryModel.All,
        FastestReply => HistoryModel.Fastest,
        PrimaryReply => HistoryModel.Primary,
        MajorityReply => HistoryModel.Majority,
        EveryReply => HistoryModel.Every,
        _ => HistoryModel.None,
    };

    /// <summary>The bytes that a request's client gets, and whether they refuse what it asked for.</summary>
    public static (string Bytes, bool Refused) AnswerTo(AskedRequest request, IReplyPolicy policy)
    {
        var sentence = request.Class == ReplyClass.Own && policy is not (AllReplies or NoReply) ? HistoryModel.Primary : SentenceOf(policy);
        if (policy is AllReplies)
            return All(request);
        var outcome = sentence(request.Votes, request.Servers);
        switch (outcome.Action)
        {
            case PolicyAction.Answer:
                // Of equal replies the first is the client's.
                var vote = policy is MajorityReply && request.Class != ReplyClass.Own
                    ? request.Votes.First(each => each.What == outcome.Says[0])
                    : request.Votes.First(each => each.Voter == outcome.Voter);
                return (Visible(request, request.Replies[request.Voters[vote.Voter]]), !vote.Good);
            case PolicyAction.Silence:
                return ("", false);
            default:
                return (Visible(request, OwnError), true);
        }
    }

    /// <summary>Our own errors cut to what the model knows of them.</summary>
    public static string Simplified(string received)
    {
        var text = new StringBuilder();
        for (int i = 0; i < received.Length; i++)
        {
            text.Append(received[i]);
            if (received[i] == '!')
                i = received.IndexOf('\n', i) - 1;
        }

        return text.ToString();
    }

    private static (string Bytes, bool Refused) All(AskedRequest request)
    {
        string all = "";
        for (int server = 0; server < request.Servers; server++)
        {
            int rank = Array.IndexOf(request.Voters, server);
            bool spoke = request.Votes.Exists(vote => vote.Voter == rank && vote.Spoke);
            all += Visible(request, spoke ? request.Replies[server] : OwnError);
        }

        // Another database is taken for granted only where nobody refused it, and somebody has it.
        return (all, request.Votes.Exists(vote => vote.Spoke && !vote.Good) || !request.Votes.Exists(vote => vote.Good));
    }

    private static string Visible(AskedRequest request, string reply) =>
        request.Hide == RequestVerdict.HidesAll || (request.Hide != 0 && reply[0] == 'H') ? "" : reply;
}
