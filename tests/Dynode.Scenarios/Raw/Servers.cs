using Dynode.TestKit;

namespace Dynode.Scenarios.Raw;

/// <summary>So many scripted servers of one script.</summary>
internal sealed class Servers(int count, ServerScript? script = null) : IDisposable
{
    public ScriptedServer[] All { get; } = [.. Enumerable.Range(0, count).Select(_ => ScriptedServer.Start(script))];

    public ScriptedServer this[int index] => All[index];

    public void Dispose() => Array.ForEach(All, server => server.Dispose());
}
