using Dynode.Broadcast.Backends;
using Dynode.Native.Hosting.Logging;

namespace Dynode.Native.Hosting;

/// <summary>What a process has once, whatever runs in it.</summary>
/// <param name="Settings">In force.</param>
/// <param name="Signals">Sent to it.</param>
/// <param name="Log">Takes every line.</param>
/// <param name="Lookups">Of names.</param>
/// <param name="Tls">What is in the files of TLS. One that goes on where a successor has failed shows what was shown, whatever has become of the files.</param>
/// <param name="DescriptorsMax">That it may have.</param>
/// <param name="Started">When, by <paramref name="Time"/>.</param>
/// <param name="Refusal">Why no successor may take over; null: one may.</param>
/// <param name="EndNow">Ends the process, from a thread that is nobody's to unwind.</param>
/// <param name="Time">The clock.</param>
internal sealed record TenureParts(
    HostSettingsInForce Settings,
    Signals Signals,
    StderrLogSink Log,
    NameLookups Lookups,
    HostTls Tls,
    long DescriptorsMax,
    long Started,
    string? Refusal,
    Action<int> EndNow,
    TimeProvider Time);
