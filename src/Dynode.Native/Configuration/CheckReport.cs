using Dynode.Broadcast.Plane;

namespace Dynode.Native.Configuration;

/// <summary>
/// What <c>--check</c> prints: <c>key=value</c>, a tab, where the value stands; for every key, in the table's order. Its first
/// column is a configuration file again (without the secrets). Then where state is kept, as <c># state file=path</c>, in raw, from how many clients on memory is the bound, as
/// <c># backlogs full=clients</c>, files with secrets that others may read, as <c># open key=path</c>, and the memory budget in bytes, as <c># memory holder=bytes</c>.
/// </summary>
internal static class CheckReport
{
    public static void Write(HostSettings settings, TextWriter output)
    {
        foreach (ConfigurationKey key in KeyTable.All)
        {
            EffectiveValue effective = settings.Values[key];
            string note = settings.Values.IsWithoutEffect(key) ? $"; without effect: protocol={settings.Values.Text(ConfigurationKeys.Protocol)}" : "";
            output.Write($"{key.Name}={Shown.Value(key, effective.Value.Text)}\t{Source(effective)}{note}\n");
        }

        if (settings.Broadcast.Protocol == Protocol.Raw)
        {
            long full = MemoryBudget.FullBacklogs(settings.Broadcast);
            output.Write($"# backlogs full={full}\tclients that can each have backlog_bytes held; from {full + 1} on that are behind, half of memory_max is the bound, for all together\n");
        }

        output.Write(settings.StateDirectory.Length > 0
            ? $"# state file={settings.StateDirectory}/servers.json\torders, gaps and the URL's last list are kept there over restarts\n"
            : "# state file=\tnothing is written: orders hold until the next start, and that knows of no gap\n");
        foreach ((ConfigurationKey key, string path) in OpenSecrets.Of(settings.Values))
            output.Write($"# open {key.Name}={Shown.Plain(path)}\teverybody on this machine may read it\n");
        foreach (BudgetLine line in MemoryBudget.Of(settings))
            output.Write($"# memory {line.Holder}={line.Bytes}\t{line.Meaning}\n");
    }

    private static string Source(EffectiveValue effective) =>
        effective.Said.Length > 0 ? $"{effective.Source}: {effective.Said}" : effective.Source.Text;
}
