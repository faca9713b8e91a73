namespace Dynode.Protocols.Redis;

/// <summary>The key of which clients keep their hands off: <see cref="ProtocolSettings.OwnKey"/>.</summary>
internal static class OwnKey
{
    /// <summary>What whoever does not is told.</summary>
    public const string Refusal = "ERR this key is the broadcaster's own: servers say by it how far they have come, or who delivers to them; choose another (exactly_once_key names the first)";

    /// <summary>Whether a request's first key is that one.</summary>
    /// <param name="arguments">From its name on.</param>
    /// <param name="key">Which argument its first key is; 0: it has none.</param>
    /// <param name="settings">Say which it is.</param>
    public static bool IsOf(RequestArguments arguments, int key, ProtocolSettings settings)
    {
        if (settings.OwnKey.IsEmpty || key == 0) return false;
        ReadOnlySpan<byte> argument = default;
        for (int i = 0; i <= key; i++)
        {
            if (!arguments.TryNext(out argument)) return false;
        }

        return argument.SequenceEqual(settings.OwnKey.Span);
    }
}
