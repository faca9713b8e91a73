using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Dynode.Native.Hosting.Logging;

/// <summary>
/// Standard output or standard error, and nothing else. Console's stream would hold Console.Out's lock while a write blocks, and so a
/// full pipe behind standard error would stop standard output too. Waits where whoever started us has left the descriptor
/// non-blocking; throws <see cref="IOException"/> when the other end is gone.
/// </summary>
internal sealed partial class StandardStream : Stream
{
    /// <summary>The descriptor of standard output.</summary>
    public const int Output = 1;

    /// <summary>The descriptor of standard error.</summary>
    public const int Error = 2;


    private const int Interrupted = 4;
    private const int Again = 11;
    private const short PollOut = 4;

    // A copy: if it was closed before us, the next socket would get that number, and our lines with it.
    private readonly int _descriptor;

    private StandardStream(int descriptor) => _descriptor = Duplicate(descriptor);

    /// <summary>One of the two, or nowhere if it was closed before the start.</summary>
    public static Stream Open(int descriptor)
    {
        var stream = new StandardStream(descriptor);
        return stream._descriptor >= 0 ? stream : Null;
    }

    public override bool CanRead => false;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override unsafe void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            nint count;
            fixed (byte* first = buffer)
                count = WriteTo(_descriptor, first, buffer.Length);
            if (count >= 0)
            {
                buffer = buffer[(int)count..];
                continue;
            }

            int error = Marshal.GetLastPInvokeError();
            if (error == Again)
                _ = Poll(new PollDescriptor { Descriptor = _descriptor, Events = PollOut }, 1, -1);
            else if (error != Interrupted)
                throw new IOException("a standard stream", new Win32Exception(error));
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static unsafe partial nint WriteTo(int descriptor, byte* buffer, nint count);

    [LibraryImport("libc", EntryPoint = "dup", SetLastError = true)]
    private static partial int Duplicate(int descriptor);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(in PollDescriptor descriptors, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
