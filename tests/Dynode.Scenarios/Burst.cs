using System.Globalization;
using System.Text;

namespace Dynode.Scenarios;

/// <summary>
/// Bursts that say who sent them and which they are: <c>c3#0000012[aaaa…]</c> and a line end. Whole ones can be told from
/// torn ones in whatever a server received.
/// </summary>
internal static class Burst
{
    private const int FrameBytes = 13;

    /// <summary>The least length, in bytes.</summary>
    public const int LengthMin = FrameBytes + 1;

    /// <param name="client">One digit.</param>
    /// <param name="number">Up to seven digits.</param>
    /// <param name="length">In bytes, all of it.</param>
    public static byte[] Of(int client, int number, int length = 100)
    {
        string head = string.Create(CultureInfo.InvariantCulture, $"c{client}#{number:0000000}[");
        return Encoding.ASCII.GetBytes($"{head}{new string((char)('a' + (number % 26)), length - FrameBytes)}]\n");
    }

    /// <summary>Several, of one length, one behind the other.</summary>
    public static string Text(int client, Range numbers, int length = 100) =>
        string.Concat(Enumerable.Range(numbers.Start.Value, numbers.End.Value - numbers.Start.Value)
            .Select(number => Encoding.ASCII.GetString(Of(client, number, length))));
}
