using System.Runtime.InteropServices;

namespace Dynode.Native.Hosting;

/// <summary>
/// The three descriptors that everybody takes for granted. Where one was closed before the start, the next thing that is opened would
/// get its number, and a client would read what was meant for a terminal.
/// </summary>
internal static partial class StandardDescriptors
{
    private const int Last = 2;

    private const int GetFlags = 1;

    private const int ReadWrite = 2;

    /// <summary>Puts /dev/null in the place of each that is closed; without a /dev they stay so.</summary>
    public static void Fill()
    {
        // The lowest free number is what open gives.
        for (int descriptor = 0; descriptor <= Last; descriptor++)
        {
            if (Control(descriptor, GetFlags) < 0)
                _ = Open("/dev/null", ReadWrite);
        }
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Control(int descriptor, int command);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
