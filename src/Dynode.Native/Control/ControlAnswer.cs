namespace Dynode.Native.Control;

/// <summary>What became of asking.</summary>
internal enum AskOutcome
{
    /// <summary>There is an answer, whatever it says.</summary>
    Answered,

    /// <summary>Nobody listens there.</summary>
    NoneRuns,

    /// <summary>Somebody does, and no whole answer came; of an order it is not known whether it was carried out.</summary>
    NoAnswer,

    /// <summary>Nothing was said to whoever listens there.</summary>
    NotTrusted,

    /// <summary>Whoever listens there has hung up on us: other users than its own are not let in.</summary>
    NotLetIn,
}

/// <summary>An answer of the control socket or the admin port, or why there is none.</summary>
/// <param name="outcome">Which.</param>
/// <param name="status">HTTP's.</param>
/// <param name="body">Whole; it is UTF-8.</param>
/// <param name="fault">Why there is none, as the end of a sentence.</param>
internal sealed class ControlAnswer(AskOutcome outcome, int status, byte[] body, string? fault)
{
    public AskOutcome Outcome => outcome;

    public int Status => status;

    public byte[] Body => body;

    public string? Fault => fault;

    /// <summary>The answer is yes.</summary>
    public bool IsGood => Outcome == AskOutcome.Answered && Status is >= 200 and < 300;

    public static ControlAnswer Of(int status, byte[] body) => new(AskOutcome.Answered, status, body, null);

    public static ControlAnswer Without(AskOutcome outcome, string fault) => new(outcome, 0, [], fault);
}
