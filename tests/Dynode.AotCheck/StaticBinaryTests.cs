using Dynode.TestKit;
using Xunit;

namespace Dynode.AotCheck;

/// <summary>What is otherwise in the binary without shared libraries: asked of that one alone.</summary>
public sealed class StaticBinaryTests
{
    /// <summary>Also where OpenSSL is to be had: loading it would end the process.</summary>
    [Fact(Explicit = true)]
    public async Task An_https_list_is_a_fault_that_says_so()
    {
        using ScriptedServer server = ScriptedServer.Start();
        using RunningDynode dynode = RunningDynode.Start([server], ["servers_autoupdate=true", "servers_autoupdate_url=https://localhost:1/", "servers_autoupdate_refresh=0.1"]);
        await dynode.Process.LineAsync("this binary is without shared libraries, and so without OpenSSL and https");
        Assert.False(dynode.Process.HasExited);
    }
}
