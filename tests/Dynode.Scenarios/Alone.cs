using Xunit;

namespace Dynode.Scenarios;

/// <summary>For tests that count what the whole process holds, or need the whole machine: no other test runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
