namespace Dynode.TestKit.Framed;

/// <summary>
/// A request is a line, and so is its reply: <c>ok</c> and the request. Servers that do not answer have
/// <see cref="FramedReply.None"/> as their default.
/// </summary>
internal sealed class LineFraming : IFraming
{
    public int Database => 0;

    public string[]? Take(ReadOnlySpan<byte> bytes, out int length) => IFraming.Line(bytes, out length) is { } line ? [line] : null;

    public bool IsPreamble(string[] words) => false;

    public FramedReply Answer(FramedRequest request, FramedScript script, Func<FramedRequest, FramedReply?> steer) =>
        steer(request) ?? script.Default ?? FramedReply.Line($"ok {request.Text}");

    public FramedReply Fault(string text) => FramedReply.Close;
}
