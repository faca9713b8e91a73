namespace Dynode.Streams.Nats;

/// <summary>Why the stream cannot be used.</summary>
/// <param name="text">In words, without any secret.</param>
/// <param name="isLasting">It stays so until somebody has changed something.</param>
internal class NatsTrouble(string text, bool isLasting = false) : IOException(text)
{
    public bool IsLasting => isLasting;

    public static NatsTrouble Lasting(string text) => new(text, isLasting: true);

    /// <summary>What came from outside, short and on one line.</summary>
    public static string Excerpt(string text)
    {
        const int LengthMax = 200;
        string line = new([.. text.Take(LengthMax).Select(c => char.IsControl(c) ? ' ' : c)]);
        return text.Length > LengthMax ? $"{line.Trim()}…" : line.Trim();
    }
}
