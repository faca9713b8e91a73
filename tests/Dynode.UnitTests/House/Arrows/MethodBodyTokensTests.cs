namespace Dynode.UnitTests.House.Arrows;

/// <summary>Instructions written by hand, byte by byte, as ECMA-335 has them.</summary>
public sealed class MethodBodyTokensTests
{
    private const int Token = 0x06000007;

    private static readonly byte[] Call = [0x28, 0x07, 0x00, 0x00, 0x06];

    /// <summary>Where an operand were taken for too long or too short, its bytes, which are no instruction, or the call would be lost.</summary>
    [Theory]
    [InlineData("00")] // nop
    [InlineData("1f 24")] // ldc.i4.s
    [InlineData("20 24 24 24 24")] // ldc.i4
    [InlineData("21 24 24 24 24 24 24 24 24")] // ldc.i8
    [InlineData("22 24 24 24 24")] // ldc.r4
    [InlineData("23 24 24 24 24 24 24 24 24")] // ldc.r8
    [InlineData("2b 24")] // br.s
    [InlineData("38 24 24 24 24")] // br
    [InlineData("72 24 24 24 70")] // ldstr
    [InlineData("45 00 00 00 00")] // switch without a target
    [InlineData("45 01 00 00 00 24 24 24 24")] // switch
    [InlineData("45 03 00 00 00 24 24 24 24 24 24 24 24 24 24 24 24")]
    [InlineData("0e 24")] // ldarg.s
    [InlineData("11 24")] // ldloc.s
    [InlineData("fe 09 24 24")] // ldarg
    [InlineData("fe 0c 24 24")] // ldloc
    [InlineData("fe 01")] // ceq
    [InlineData("fe 0f")] // localloc
    [InlineData("fe 11")] // endfilter
    [InlineData("fe 12 24")] // unaligned.
    [InlineData("fe 13")] // volatile.
    [InlineData("fe 14")] // tail.
    [InlineData("fe 1a")] // rethrow
    [InlineData("fe 1e")] // readonly.
    public void What_stands_behind_an_instruction_without_a_token_is_found(string bytes) =>
        Assert.Equal([Token], MethodBodyTokens.Read([.. Bytes(bytes), .. Call]));

    [Theory]
    [InlineData("27")] // jmp
    [InlineData("28")] // call
    [InlineData("29")] // calli
    [InlineData("6f")] // callvirt
    [InlineData("70")] // cpobj
    [InlineData("71")] // ldobj
    [InlineData("73")] // newobj
    [InlineData("74")] // castclass
    [InlineData("75")] // isinst
    [InlineData("79")] // unbox
    [InlineData("7b")] // ldfld
    [InlineData("7c")] // ldflda
    [InlineData("7d")] // stfld
    [InlineData("7e")] // ldsfld
    [InlineData("7f")] // ldsflda
    [InlineData("80")] // stsfld
    [InlineData("81")] // stobj
    [InlineData("8c")] // box
    [InlineData("8d")] // newarr
    [InlineData("8f")] // ldelema
    [InlineData("a3")] // ldelem
    [InlineData("a4")] // stelem
    [InlineData("a5")] // unbox.any
    [InlineData("c2")] // refanyval
    [InlineData("c6")] // mkrefany
    [InlineData("d0")] // ldtoken
    [InlineData("fe 06")] // ldftn
    [InlineData("fe 07")] // ldvirtftn
    [InlineData("fe 15")] // initobj
    [InlineData("fe 16")] // constrained.
    [InlineData("fe 1c")] // sizeof
    public void A_token_is_found_and_what_stands_behind_it(string instruction) =>
        Assert.Equal([0x02000024, Token], MethodBodyTokens.Read([.. Bytes(instruction), 0x24, 0x00, 0x00, 0x02, .. Call]));

    [Theory]
    [InlineData("24")] // none has this value
    [InlineData("fe")]
    [InlineData("fe 24")]
    [InlineData("28 07 00 00")] // half a token
    [InlineData("1f")]
    [InlineData("45 01 00")] // half a number of targets
    [InlineData("45 02 00 00 00 24 24 24 24")]
    public void What_cannot_be_read_is_an_error(string bytes) =>
        Assert.Throws<InvalidDataException>(() => MethodBodyTokens.Read(Bytes(bytes)));

    private static byte[] Bytes(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));
}
