using System.Buffers.Binary;
using System.Reflection.Emit;

namespace Dynode.UnitTests.House.Arrows;

/// <summary>Finds each metadata token in the instructions of a method's body (ECMA-335, partition III).</summary>
internal static class MethodBodyTokens
{
    private const byte TwoBytes = 0xFE;

    /// <summary>By their value; those of two bytes behind <see cref="TwoBytes"/>.</summary>
    private static readonly Dictionary<ushort, OpCode> Instructions = typeof(OpCodes).GetFields()
        .Select(field => (OpCode)field.GetValue(null)!)
        .Where(code => code.OpCodeType != OpCodeType.Nternal)
        .ToDictionary(code => (ushort)code.Value);

    /// <summary>Tokens of types, methods, fields and signatures, in order; none of strings.</summary>
    /// <exception cref="InvalidDataException">An instruction that does not exist, or half of one: what follows it cannot be read.</exception>
    public static List<int> Read(ReadOnlySpan<byte> code)
    {
        List<int> tokens = [];
        for (int at = 0; at < code.Length;)
        {
            int size = code[at] == TwoBytes ? 2 : 1;
            if (at + size > code.Length || !Instructions.TryGetValue(size == 2 ? BinaryPrimitives.ReadUInt16BigEndian(code[at..]) : code[at], out var instruction))
                throw new InvalidDataException($"no instruction begins at offset {at}: {code[at]:x2}");
            at += size;
            int operand = OperandBytes(instruction, code[at..]);
            if (operand > code.Length - at)
                throw new InvalidDataException($"half of {instruction} ends the method");
            if (HasToken(instruction))
                tokens.Add(BinaryPrimitives.ReadInt32LittleEndian(code[at..]));
            at += operand;
        }

        return tokens;
    }

    private static bool HasToken(OpCode instruction) =>
        instruction.OperandType is OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineSig or OperandType.InlineTok or OperandType.InlineType;

    private static int OperandBytes(OpCode instruction, ReadOnlySpan<byte> operand) => instruction.OperandType switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch when operand.Length < 4 => int.MaxValue,
        OperandType.InlineSwitch => checked(4 + (4 * BinaryPrimitives.ReadInt32LittleEndian(operand))),
        _ => 4,
    };
}
