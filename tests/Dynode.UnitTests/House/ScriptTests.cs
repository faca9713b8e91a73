using System.Diagnostics;

namespace Dynode.UnitTests.House;

/// <summary>What is typed at a script and is none of its options must not be passed over: a check that was asked for would not have run.</summary>
public sealed class ScriptTests
{
    /// <summary>Those that are called; the others are sourced, or hand all that they get to the binary.</summary>
    public static TheoryData<string> Called =>
    [
        .. SourceTree.Files("scripts", "*.sh").Where(path => path != "scripts/run.sh" && !path.StartsWith("scripts/packaging/", StringComparison.Ordinal)),
        "perf/floor/build.sh",
        ".ci/run",
    ];

    [Theory]
    [MemberData(nameof(Called))]
    public async Task An_option_that_it_does_not_know_is_an_error_before_anything_is_done(string script)
    {
        var start = new ProcessStartInfo(Path.Combine(SourceTree.Root, script), ["--no-such-option"]) { RedirectStandardError = true, RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.NotEqual(0, process.ExitCode);
        Assert.Contains("unknown option --no-such-option", error, StringComparison.Ordinal);
        Assert.Equal("", await output);
    }
}
