namespace Dynode.LoadTest.Requests;

/// <summary>What fills a request up: letters, as many and as such as its client and its number say. Immutable.</summary>
/// <param name="bytesMean">Its length is between half of it and half as much again.</param>
internal sealed class Payload(int bytesMean)
{
    /// <summary>A prime, so that numbers which go up by one walk all over it.</summary>
    private const int PatternBytes = 65_537;

    private static readonly byte[] Pattern = MakePattern();

    public int BytesMax => bytesMean / 2 + bytesMean;

    public int Length(int client, long sequence) => (bytesMean / 2) + (int)(Mix(client, sequence) % (uint)(bytesMean + 1));

    /// <summary>All of it.</summary>
    public ReadOnlySpan<byte> Of(int client, long sequence)
    {
        int start = (int)((Mix(client, sequence) >> 8) % PatternBytes);
        return Pattern.AsSpan(start, Length(client, sequence));
    }

    private static uint Mix(int client, long sequence)
    {
        // The finalizer of MurmurHash3: neighbours get lengths and letters that have nothing to do with each other.
        uint mixed = ((uint)client * 0x9E3779B1) ^ (uint)sequence;
        mixed = (mixed ^ (mixed >> 16)) * 0x85EBCA6B;
        mixed = (mixed ^ (mixed >> 13)) * 0xC2B2AE35;
        return mixed ^ (mixed >> 16);
    }

    private static byte[] MakePattern()
    {
        const int PayloadBytesMax = 1 << 20;
        byte[] pattern = new byte[PatternBytes + PayloadBytesMax];
        uint state = 1;
        foreach (ref byte letter in pattern.AsSpan())
        {
            state = (state * 1_664_525) + 1_013_904_223;
            letter = (byte)('a' + ((state >> 24) % 26));
        }

        return pattern;
    }
}
