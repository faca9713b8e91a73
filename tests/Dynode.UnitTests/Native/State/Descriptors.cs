using System.Runtime.InteropServices;
using System.Text;
using Dynode.Native.State;

namespace Dynode.UnitTests.Native.State;

/// <summary>What the system does for these tests.</summary>
internal static class Descriptors
{
    /// <summary>Another descriptor of the same open file, as one that was handed over is.</summary>
    [DllImport("libc", EntryPoint = "dup")]
    public static extern int Duplicate(int descriptor);

    public static int MakePipe(string path) => MakePipe(Encoding.UTF8.GetBytes(path + '\0'), 0x180);

    /// <summary>The next file that is written has no room, once.</summary>
    public static void FillDisk(StateDirectory directory) => File.CreateSymbolicLink(directory.FilePath + ".new", "/dev/full");

    [DllImport("libc", EntryPoint = "mkfifo")]
    private static extern int MakePipe(byte[] path, uint mode);
}
