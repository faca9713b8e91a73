namespace Dynode.Native.Control;

/// <summary>
/// What was typed, without the keys of a terminal that are no letters: those come as an escape and what belongs to it (ECMA-48, section
/// 5.4), which holds letters that nobody has pressed. Pure.
/// </summary>
internal static class TypedKeys
{
    private const byte Escape = 0x1b;

    /// <summary>The letters of one read, which has a key's bytes all together.</summary>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        string keys = "";
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != Escape)
            {
                keys += (char)bytes[i];
                continue;
            }

            // ESC O and one more; ESC [, parameters, and a final byte; ESC and one more.
            i++;
            if (i < bytes.Length && bytes[i] == 'O')
                i++;
            else if (i < bytes.Length && bytes[i] == '[')
                do i++; while (i < bytes.Length && bytes[i] is < 0x40 or > 0x7e);
        }

        return keys;
    }
}
