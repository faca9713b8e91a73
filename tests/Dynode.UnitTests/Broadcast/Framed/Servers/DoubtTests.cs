using Dynode.Broadcast.Framed.Servers;
using Dynode.Protocols;

namespace Dynode.UnitTests.Broadcast.Framed.Servers;

public sealed class DoubtTests
{
    private static Doubt Ordinary => new(NotNowCause.Busy, runsProgram: false, isAgain: false, isProven: true);

    private static Doubt Program => new(NotNowCause.Busy, runsProgram: true, isAgain: false, isProven: true);

    private static Doubt Again => new(NotNowCause.Busy, runsProgram: false, isAgain: true, isProven: true);

    [Fact]
    public void An_ordinary_request_was_refused_though_nothing_follows()
    {
        var doubt = Ordinary;
        Assert.Equal(DoubtVerdict.Refused, doubt.InFlightEnded());
        Assert.Equal(DoubtVerdict.Refused, doubt.NoMore());
        Assert.Equal(DoubtVerdict.Refused, doubt.Ended());
    }

    [Fact]
    public void A_program_alone_is_no_proof_and_the_server_is_asked()
    {
        var doubt = Program;
        Assert.Equal(DoubtVerdict.Ask, doubt.InFlightEnded());
        Assert.Equal(DoubtVerdict.Answer, doubt.Asked([Evidence.Serves, Evidence.None]));
        Assert.Equal(DoubtVerdict.Refused, doubt.Asked([Evidence.Refuses, Evidence.Serves]));
        Assert.Equal(DoubtVerdict.Answer, doubt.Asked([Evidence.None, Evidence.None]));
        Assert.Equal(DoubtVerdict.Answer, doubt.NoMore());
        Assert.Equal(DoubtVerdict.Answer, doubt.Ended());
    }

    [Fact]
    public void A_program_was_refused_where_an_ordinary_request_behind_it_is()
    {
        var doubt = Program;
        Assert.Equal(DoubtVerdict.Open, doubt.Follow(ReplyKind.NotNow, RequestNature.None, isProgram: false));
        Assert.Equal(DoubtVerdict.Refused, doubt.InFlightEnded());
    }

    [Fact]
    public void A_second_program_proves_nothing_where_the_server_can_be_asked_and_all_where_it_cannot()
    {
        var doubt = Program;
        Assert.Equal(DoubtVerdict.Open, doubt.Follow(ReplyKind.NotNow, RequestNature.RunsProgram, isProgram: true));
        Assert.Equal(DoubtVerdict.Ask, doubt.InFlightEnded());
        Assert.Equal(DoubtVerdict.Refused, doubt.NoMore());
        Assert.Equal(DoubtVerdict.Refused, doubt.Ended());
    }

    [Theory]
    [InlineData(ReplyKind.Error)]
    [InlineData(ReplyKind.NotNowWithin)]
    public void An_error_of_another_kind_proves_nothing(ReplyKind kind)
    {
        var doubt = Program;
        Assert.Equal(DoubtVerdict.Open, doubt.Follow(kind, RequestNature.None, isProgram: false));
        Assert.Equal(DoubtVerdict.Ask, doubt.InFlightEnded());
    }

    [Fact]
    public void What_serves_again_before_it_was_left_alone_has_missed_what_it_refused()
    {
        var doubt = Ordinary;
        Assert.Equal(DoubtVerdict.Open, doubt.Follow(ReplyKind.NotNow, RequestNature.Reads, isProgram: false));
        Assert.Equal(DoubtVerdict.Missed, doubt.Follow(ReplyKind.Normal, RequestNature.Reads, isProgram: false));
    }

    [Theory]
    [InlineData(ReplyKind.Normal)]
    [InlineData(ReplyKind.Error)]
    public void What_a_program_did_behind_a_refusal_is_not_done_again_though_it_shows_nothing_of_its_server(ReplyKind kind)
    {
        var program = new Doubt(NotNowCause.ReadOnly, runsProgram: true, isAgain: false, isProven: true);
        Assert.Equal(DoubtVerdict.Answer, program.Follow(kind, RequestNature.RunsProgram, isProgram: true));
        var ordinary = new Doubt(NotNowCause.ReadOnly, runsProgram: false, isAgain: false, isProven: true);
        Assert.Equal(DoubtVerdict.Open, ordinary.Follow(ReplyKind.NotNow, RequestNature.None, isProgram: false));
        Assert.Equal(DoubtVerdict.Missed, ordinary.Follow(kind, RequestNature.RunsProgram, isProgram: true));
        var reading = new Doubt(NotNowCause.ReadOnly, runsProgram: false, isAgain: false, isProven: true);
        Assert.Equal(DoubtVerdict.Open, reading.Follow(kind, RequestNature.RunsProgram | RequestNature.Reads, isProgram: true));
    }

    [Fact]
    public void A_second_refusal_of_one_request_is_asked_about_and_others_refused_do_not_decide_it()
    {
        var doubt = Again;
        Assert.Equal(DoubtVerdict.Open, doubt.Follow(ReplyKind.NotNow, RequestNature.None, isProgram: false));
        Assert.Equal(DoubtVerdict.Ask, doubt.InFlightEnded());
        Assert.Equal(DoubtVerdict.Missed, doubt.Asked([Evidence.Serves]));
        Assert.Equal(DoubtVerdict.Missed, doubt.NoMore());
        Assert.Equal(DoubtVerdict.Refused, doubt.Ended());
        Assert.Equal(DoubtVerdict.Missed, doubt.Follow(ReplyKind.Normal, RequestNature.None, isProgram: false));
    }

    [Fact]
    public void A_server_that_has_not_proven_that_it_is_ready_refuses_however_often()
    {
        var again = new Doubt(NotNowCause.Loading, runsProgram: false, isAgain: true, isProven: false);
        Assert.Equal(DoubtVerdict.Refused, again.InFlightEnded());
        var program = new Doubt(NotNowCause.Loading, runsProgram: true, isAgain: true, isProven: false);
        Assert.Equal(DoubtVerdict.Ask, program.InFlightEnded());
        Assert.Equal(DoubtVerdict.Refused, program.Asked([Evidence.None, Evidence.None]));
        Assert.Equal(DoubtVerdict.Answer, program.Asked([Evidence.None, Evidence.Serves]));
    }

    [Theory]
    [InlineData(RequestNature.None, "Busy Loading MasterDown NoAuth ReadOnly")]
    [InlineData(RequestNature.Reads, "Busy Loading MasterDown NoAuth")]
    [InlineData(RequestNature.RunsProgram, "Busy Loading")]
    [InlineData(RequestNature.RunsProgram | RequestNature.Reads, "Busy Loading")]
    [InlineData(RequestNature.ProvesNothing, "")]
    public void What_is_done_shows_of_what_its_server_is_free(RequestNature nature, string causes) =>
        Assert.Equal(
            causes,
            string.Join(' ', Enum.GetValues<NotNowCause>().Where(cause => cause != NotNowCause.None && Doubt.Serves(nature, cause)).Select(cause => cause.ToString()).Order(StringComparer.Ordinal)));
}
