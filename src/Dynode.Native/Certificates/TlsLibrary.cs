using System.Runtime.InteropServices;

namespace Dynode.Native.Certificates;

/// <summary>
/// Whether https can work at all. The first use of TLS without OpenSSL aborts the process, and no catch sees it; so the
/// runtime's own OpenSSL layer is asked first, by the function that its loading begins with. It tries the names that
/// the runtime would try (libssl.so.3 down to 1.0), and says yes where OpenSSL is linked into the binary, which a probe
/// for files would get wrong. Not asked is the binary without shared libraries: what loads one there ends the process.
/// </summary>
internal static partial class TlsLibrary
{
    // Set where the binary is linked; see the project file.
    private static readonly bool CanLoad = !(AppContext.TryGetSwitch("Dynode.IsStatic", out bool isStatic) && isStatic);

    /// <summary>Why nobody can speak TLS, for the end of a sentence.</summary>
    public static string Absent => CanLoad
        ? "TLS needs OpenSSL, and there is no libssl here: install it (Debian: libssl3)"
        : "this binary is without shared libraries, and so without OpenSSL and TLS: use the other binary";

    public static string Missing => CanLoad
        ? "https needs OpenSSL, and there is no libssl here: install it (Debian: libssl3) or use http"
        : "this binary is without shared libraries, and so without OpenSSL and https: use http, or the other binary";

    public static bool IsAvailable()
    {
        if (!CanLoad)
            return false;
        try
        {
            return OpenSslAvailable() != 0;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    [LibraryImport("libSystem.Security.Cryptography.Native.OpenSsl", EntryPoint = "CryptoNative_OpenSslAvailable")]
    private static partial int OpenSslAvailable();
}
