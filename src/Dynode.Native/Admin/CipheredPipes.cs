using System.IO.Pipelines;
using System.Net.Security;

namespace Dynode.Native.Admin;

/// <summary>What HTTP reads and writes where the connection is by TLS.</summary>
/// <param name="ssl">Hands have been shaken.</param>
internal sealed class CipheredPipes(SslStream ssl) : IDuplexPipe
{
    // A connection that says nothing holds no buffer.
    public PipeReader Input { get; } = PipeReader.Create(ssl, new StreamPipeReaderOptions(leaveOpen: true, useZeroByteReads: true));

    public PipeWriter Output { get; } = PipeWriter.Create(ssl, new StreamPipeWriterOptions(leaveOpen: true));

    /// <summary>Both are done with; what was written is out.</summary>
    public async ValueTask CompleteAsync()
    {
        await Input.CompleteAsync().ConfigureAwait(false);
        await Output.CompleteAsync().ConfigureAwait(false);
    }
}
