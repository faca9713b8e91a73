using System.Collections.Immutable;

namespace Dynode.Native.Configuration;

/// <summary>
/// Files with passwords or keys that everybody on the machine may read. They are used, for that may be meant (in a container there is nobody else), and it is said.
/// </summary>
internal static class OpenSecrets
{
    /// <summary>Where a certificate has its key: in the second one's file, and where that is not set in its own.</summary>
    private static readonly ImmutableArray<(ConfigurationKey Certificate, ConfigurationKey Key)> Pairs =
    [
        (TlsKeys.TlsCertificate, TlsKeys.TlsKey),
        (TlsKeys.BackendTlsCertificate, TlsKeys.BackendTlsKey),
        (ConfigurationKeys.AutoUpdateCertificate, ConfigurationKeys.AutoUpdateKey),
        (OrderedLogKeys.LogCert, OrderedLogKeys.LogKey),
    ];

    /// <summary>Each such file, with the key that names it.</summary>
    public static IEnumerable<(ConfigurationKey Key, string Path)> Of(EffectiveValues values) => Of(values, ModeOf);

    /// <summary>The same, by modes that <paramref name="modeOf"/> says.</summary>
    public static IEnumerable<(ConfigurationKey Key, string Path)> Of(EffectiveValues values, Func<string, UnixFileMode> modeOf) =>
        Files(values).Where(file => IsOpen(file.Path, modeOf));

    // Of a link that of what it leads to: its own says that everybody may.
    private static UnixFileMode ModeOf(string path)
    {
        FileSystemInfo file = new FileInfo(path);
        file = file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) ?? file;
        return file.Exists || Directory.Exists(file.FullName) ? file.UnixFileMode : throw new FileNotFoundException(null, path);
    }

    private static IEnumerable<(ConfigurationKey Key, string Path)> Files(EffectiveValues values)
    {
        foreach (ConfigurationKey key in KeyTable.All)
        {
            if (values[key].File.Length > 0)
                yield return (key, values[key].File);
        }

        foreach ((ConfigurationKey certificate, ConfigurationKey key) in Pairs)
        {
            ConfigurationKey holder = values[key].IsSet ? key : certificate;
            foreach (string path in values.Text(holder).Split(',', StringSplitOptions.RemoveEmptyEntries))
                yield return (holder, path);
        }
    }

    // The file, and the way to it: what lies in a directory that is closed to them others cannot read.
    private static bool IsOpen(string path, Func<string, UnixFileMode> modeOf)
    {
        try
        {
            if ((modeOf(path) & UnixFileMode.OtherRead) == 0)
                return false;
            for (string? folder = Path.GetDirectoryName(path); folder is not null; folder = Path.GetDirectoryName(folder))
            {
                if ((modeOf(folder) & UnixFileMode.OtherExecute) == 0)
                    return false;
            }

            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Gone since it was read, or on a way that is not shown to us either.
            return false;
        }
    }
}
