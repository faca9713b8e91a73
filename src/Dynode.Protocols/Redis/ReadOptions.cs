using System.Text;

namespace Dynode.Protocols.Redis;

/// <summary>The options of what may wait: of XREAD and XREADGROUP they come in any order before STREAMS and their keys.</summary>
internal static class ReadOptions
{
    /// <summary>
    /// Whether it may be kept waiting: BLOCK is among its options, or lies behind what can be seen. A group, a consumer or a
    /// number that is called BLOCK or STREAMS is no option.
    /// </summary>
    /// <param name="arguments">Behind the name; left behind STREAMS, where there is one.</param>
    public static bool MayBlock(ref RequestArguments arguments)
    {
        while (arguments.TryNext(out var option))
        {
            option = AsC(option);
            if (Ascii.EqualsIgnoreCase(option, "STREAMS"u8)) return false;
            if (Ascii.EqualsIgnoreCase(option, "BLOCK"u8)) return true;
            if (Ascii.EqualsIgnoreCase(option, "COUNT"u8)) arguments.TryNext(out _);
            if (Ascii.EqualsIgnoreCase(option, "GROUP"u8) && arguments.TryNext(out _)) arguments.TryNext(out _);
        }

        return arguments.IsCut;
    }

    /// <summary>Whether it may be kept waiting, where BLOCK may stand anywhere from an argument on: TS.READ.</summary>
    /// <param name="arguments">Behind the name.</param>
    /// <param name="from">Which argument options begin at, the name being 0.</param>
    public static bool MayBlock(ref RequestArguments arguments, int from)
    {
        for (int i = 1; arguments.TryNext(out var option); i++)
        {
            if (i >= from && Ascii.EqualsIgnoreCase(AsC(option), "BLOCK"u8)) return true;
        }

        return arguments.IsCut;
    }

    // redis compares options as C strings: to it "BLOCK\0x" is BLOCK.
    private static ReadOnlySpan<byte> AsC(ReadOnlySpan<byte> option)
    {
        int zero = option.IndexOf((byte)0);
        return zero < 0 ? option : option[..zero];
    }
}
