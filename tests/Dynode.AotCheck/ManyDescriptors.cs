using Xunit;

namespace Dynode.AotCheck;

/// <summary>For tests that take most of the descriptors that one process may have: one after another.</summary>
[CollectionDefinition(Name)]
public sealed class ManyDescriptors
{
    public const string Name = "many descriptors";
}
