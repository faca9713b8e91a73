using Dynode.Protocols.Policies;
using Dynode.TestKit;

namespace Dynode.UnitTests.Protocols.Policies;

public sealed class AllocationTests
{
    [Fact]
    public void No_policy_allocates()
    {
        IReplyPolicy[] policies =
        [
            AllReplies.Instance, FastestReply.Instance, PrimaryReply.Instance, MajorityReply.Instance, EveryReply.Instance, NoReply.Instance,
        ];
        Vote[] votes = VotesText.Votes("? e1 f2 e3 ?");
        int[] kept = [1, 2];
        Assert.Equal(0, Allocations.Least(Run));

        void Run()
        {
            foreach (IReplyPolicy policy in policies)
            {
                policy.Decide(votes, 2, 5);
                policy.Keeps(votes, 3, kept, out _);
            }
        }
    }
}
