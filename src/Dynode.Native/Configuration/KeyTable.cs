using System.Collections.Immutable;

namespace Dynode.Native.Configuration;

/// <summary>The table of all keys, in the order in which they are shown and documented.</summary>
internal static class KeyTable
{
    /// <summary>Every key, once.</summary>
    public static readonly ImmutableArray<ConfigurationKey> All = [.. ConfigurationKeys.All, .. OrderedLogKeys.All, .. TlsKeys.All, .. EdgeKeys.All];

    /// <summary>The key of exactly that name, or null.</summary>
    public static ConfigurationKey? Find(string name)
    {
        foreach (ConfigurationKey key in All)
        {
            if (key.Name == name)
                return key;
        }

        return null;
    }
}
