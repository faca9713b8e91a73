using System.Runtime.CompilerServices;
using Dynode.TestKit;
using Xunit;

namespace Dynode.Scenarios;

/// <summary>
/// A test that starts a real server says so, by <c>[Trait("Server", "redis")]</c>, <c>memcached</c> or <c>nats</c>, on itself or its class:
/// scripts/test.sh runs those once more with newer servers; or by <c>any</c>, where it is no matter which version that is. One that
/// does not say so fails.
/// </summary>
internal static class ServerTraits
{
    private const string Name = "Server";

    [ModuleInitializer]
    internal static void Watch() => RealServer.Starting = kind =>
    {
        var traits = TestContext.Current.TestMethod?.Traits ?? TestContext.Current.TestClass?.Traits
            ?? throw new ExpectationException($"who starts {kind} is no test");
        if (!traits.TryGetValue(Name, out var kinds) || !(kinds.Contains(kind) || kinds.Contains("any")))
            throw new ExpectationException($"a test that starts {kind} is marked [Trait(\"{Name}\", \"{kind}\")]");
    };
}
