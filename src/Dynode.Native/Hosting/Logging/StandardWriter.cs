using System.ComponentModel;
using System.Text;

namespace Dynode.Native.Hosting.Logging;

/// <summary>
/// What a command says, on standard output or standard error. What cannot be written (a full disk, a closed descriptor) is lost
/// and noted, and ends nothing: the exit status says what became of the command.
/// </summary>
internal sealed class StandardWriter(int descriptor) : TextWriter
{
    /// <summary>EPIPE: who reads has read enough.</summary>
    private const int BrokenPipe = 32;

    private readonly Stream _stream = StandardStream.Open(descriptor);

    /// <summary>Why something was lost; null: nothing was.</summary>
    public string? Fault { get; private set; }

    /// <summary>Nobody reads any more.</summary>
    public bool IsOver { get; private set; }

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => Write(value.ToString());

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void WriteLine(string? value) => Write(value + NewLine);

    public override void Write(string? value)
    {
        try
        {
            _stream.Write(Encoding.UTF8.GetBytes(value ?? ""));
        }
        catch (IOException e)
        {
            IsOver |= e.InnerException is Win32Exception { NativeErrorCode: BrokenPipe };
            if (!IsOver)
                Fault = e.InnerException?.Message ?? e.Message;
        }
    }
}
