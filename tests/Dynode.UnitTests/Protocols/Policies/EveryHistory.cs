using System.Runtime.CompilerServices;
using Dynode.Protocols.Policies;

namespace Dynode.UnitTests.Protocols.Policies;

/// <summary>
/// Walks every order in which some voters can reply, fail and withdraw, as a tree: a policy is asked on the way down, by its
/// rules (never again once it has answered; nothing kept that it did not ask for), and the model says on the way up what
/// all that could follow would have ended as.
/// </summary>
internal sealed class EveryHistory(IReplyPolicy policy, HistoryModel.Sentence sentence, int voters, int configured, int keptMax)
{
    private readonly Vote[] _votes = new Vote[voters];
    private readonly List<Event> _history = [];
    private readonly List<int> _kept = [];

    /// <summary>Whole histories walked.</summary>
    public int Walked { get; private set; }

    /// <summary>Beginnings of histories that were answered though not every voter had done something.</summary>
    public int AnsweredEarly { get; private set; }

    /// <summary>The most replies that were kept at once.</summary>
    public int KeptMost { get; private set; }

    public void Walk() => Below(spoke: false, answered: false);

    /// <summary>What can follow from here ends as one outcome (null: as several), and may mean these replies.</summary>
    private (Outcome? Outcome, int Meant) Below(bool spoke, bool answered)
    {
        // The rules of the seam: asked when the request enters the log and after each vote that changes, until it answers.
        PolicyVerdict verdict = answered ? default : policy.Decide(_votes, _votes.Length - _history.Count, configured);
        int[] before = [.. _kept];
        bool waits = !answered && verdict.Action is PolicyAction.Wait;
        if (waits && spoke) Keep(_history[^1].Voter);

        (Outcome? outcome, int meant) = Follow(answered || !waits);
        if (!answered) Check(verdict, outcome, before, spoke);

        // The reply that has just come is kept only for an end that can mean it, as is every other.
        if (waits && spoke && policy is not MajorityReply)
        {
            foreach (int rank in _kept)
                Must((meant & (1 << rank)) != 0, $"keeps {rank}, which nothing can mean");
        }

        _kept.Clear();
        _kept.AddRange(before);
        return (outcome, meant);
    }

    private (Outcome? Outcome, int Meant) Follow(bool answered)
    {
        if (_history.Count == voters)
        {
            Walked++;
            Outcome end = sentence(_history, configured);
            return (end, Meant(end));
        }

        (Outcome? Outcome, int Meant)? all = null;
        for (int voter = 0; voter < voters; voter++)
        {
            if (_votes[voter].State is not VoteState.Pending) continue;
            foreach (char what in Event.Kinds)
            {
                var e = new Event(voter, what);
                _votes[voter] = new Vote
                {
                    State = !e.Spoke ? VoteState.Withdrawn : e.Good ? VoteState.Replied : VoteState.Failed,
                    Hash = what,
                    Turn = (ushort)(e.Spoke ? _history.Count(earlier => earlier.Spoke) + 1 : 0),
                };
                _history.Add(e);
                (Outcome? Outcome, int Meant) one = Below(e.Spoke, answered);
                all = all is not { } so ? one : (so.Outcome == one.Outcome ? so.Outcome : null, so.Meant | one.Meant);
                _history.RemoveAt(_history.Count - 1);
                _votes[voter] = default;
            }
        }

        return all!.Value;
    }

    private void Keep(int speaker)
    {
        bool keeps = policy.Keeps(_votes, speaker, [.. _kept], out int drop);
        if (drop >= 0) Must(_kept.Remove(drop), $"drops {drop}, which is not kept");
        if (keeps) _kept.Add(speaker);
        Must(_kept.Count <= keptMax, $"keeps {_kept.Count} replies");
        if (policy is MajorityReply) Assert.Distinct(_kept.Select(rank => _votes[rank].Hash));
        KeptMost = Math.Max(KeptMost, _kept.Count);
    }

    private void Check(PolicyVerdict verdict, Outcome? outcome, int[] kept, bool spoke)
    {
        if (outcome is not { } expected)
        {
            Must(verdict.Action is PolicyAction.Wait, $"{verdict}, though it could still end otherwise");
            return;
        }

        Must(verdict.Action == expected.Action, $"{verdict}, where nothing can change {expected} any more");
        if (_history.Count < voters) AnsweredEarly++;
        if (verdict.Action is PolicyAction.Answer)
        {
            Must(expected.Voter < 0 || expected.Voter == verdict.Rank, $"{verdict}, not {expected}");
            Must(_history.Contains(new Event(verdict.Rank, expected.Says[0])), $"{verdict}, not {expected}");
            Must(IsAtHand(verdict.Rank), $"{verdict}, whose reply was let go");
        }
        else
        {
            Must(expected.Voter == verdict.Rank, $"{verdict}, not {expected}");
        }

        if (verdict.Action is PolicyAction.AnswerAll)
        {
            foreach (Event e in _history.Where(e => e.Spoke))
                Must(IsAtHand(e.Voter), $"the reply of {e.Voter} was let go");
        }

        bool IsAtHand(int rank) => kept.Contains(rank) || (spoke && _history[^1].Voter == rank);
    }

    private int Meant(Outcome end) => end.Action switch
    {
        PolicyAction.AnswerAll => (1 << voters) - 1,
        PolicyAction.Answer when end.Voter >= 0 => 1 << end.Voter,
        _ => 0,
    };

    // The text is made only where the rule is broken.
    private void Must(bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] Rule broken)
    {
        if (!holds) Assert.Fail($"{this}: {broken.Text}");
    }

    public override string ToString() =>
        $"{policy.GetType().Name}, {voters} voters of {configured}, after [{string.Join(' ', _history.Select(e => $"{e.Voter}{e.What}"))}]";

    [InterpolatedStringHandler]
    private ref struct Rule(int literalLength, int formattedCount, bool holds, out bool isBroken)
    {
        private DefaultInterpolatedStringHandler _text = (isBroken = !holds) ? new(literalLength, formattedCount) : default;

        public string Text => _text.ToStringAndClear();

        public void AppendLiteral(string text) => _text.AppendLiteral(text);

        public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);
    }
}
