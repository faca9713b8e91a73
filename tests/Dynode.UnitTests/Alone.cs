namespace Dynode.UnitTests;

/// <summary>
/// For tests of what belongs to an open file, as a lock does: no other test runs beside them, for a process that it starts has all that is open here for a moment, between
/// its fork and its exec.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
