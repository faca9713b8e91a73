using Dynode.Native.Membership;

namespace Dynode.UnitTests.Native.Membership;

public class FaultPaceTests
{
    [Theory]
    [InlineData("0:x 10:x 59:x 60:x 119:x 120:x", "0 60 120")]
    [InlineData("0:x 10:y 20:x 21:x", "0 10 20")]
    [InlineData("0:a 0.5:b 0.9:c 1:d 1.5:e", "0 1")]
    [InlineData("0:x 1:- 2:x", "0 2")]
    public void A_fault_is_logged_when_it_changes_or_once_a_minute(string faults, string logged)
    {
        var pace = new FaultPace();
        List<string> lines = [];
        foreach (string[] fault in faults.Split(' ').Select(fault => fault.Split(':')))
        {
            if (fault[1] == "-")
                pace.Recover();
            else if (pace.IsDue(fault[1], TimeSpan.FromSeconds(double.Parse(fault[0], System.Globalization.CultureInfo.InvariantCulture))))
                lines.Add(fault[0]);
        }

        Assert.Equal(logged, string.Join(' ', lines));
    }

    [Fact]
    public void Recovery_knows_how_many_faults_there_were()
    {
        var pace = new FaultPace();
        pace.IsDue("x", TimeSpan.Zero);
        pace.IsDue("x", TimeSpan.Zero);
        Assert.Equal(2, pace.Recover());
        Assert.Equal(0, pace.Recover());
    }
}
