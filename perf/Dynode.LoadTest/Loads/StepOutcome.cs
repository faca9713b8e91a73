namespace Dynode.LoadTest.Loads;

/// <summary>How a step went: NBomber's Response.Ok and Response.Fail.</summary>
/// <param name="Bytes">Sent and received.</param>
/// <param name="Fault">Why it failed; null: it did not.</param>
internal readonly record struct StepOutcome(int Bytes, string? Fault)
{
    public bool IsOk => Fault is null;

    public static StepOutcome Ok(int bytes) => new(bytes, null);

    public static StepOutcome Fail(string fault) => new(0, fault);
}
