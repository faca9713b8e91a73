using System.Text;
using Dynode.Native.Configuration;
using Dynode.Protocols;

namespace Dynode.Native.Control;

/// <summary>
/// The admin port's token: from a file, standard input or the environment. Never from the command line itself, which every user of the
/// machine reads by ps.
/// </summary>
internal static class Token
{
    public const string Variable = "DYNODE_TOKEN";

    private const int BytesMax = 4096;

    /// <summary>What is wrong with what <c>--token</c> was given; null: nothing. What was given is not shown: it may be a token.</summary>
    public static string? FaultOf(string option) => option == "-" || (option.StartsWith('@') && option.Length > 1)
        ? null
        : $"--token takes @FILE or -, or set {Variable}: what stands on a command line, everybody may read (ps).";

    /// <summary>Reads it.</summary>
    /// <param name="option">What <c>--token</c> was given; null: the environment may have it.</param>
    /// <param name="variable">The environment.</param>
    /// <param name="fault">What is wrong, as a sentence.</param>
    /// <returns>Null: there is none, or a fault.</returns>
    public static string? Read(string? option, Func<string, string?> variable, out string? fault)
    {
        fault = null;
        if (option is null && variable(Variable) is not { Length: > 0 })
            return null;
        string from = option is null ? Variable : option == "-" ? "standard input" : Shown.Plain(option[1..]);
        Secret? secret = option is null ? Secret.FromString(variable(Variable)!)
            : SecretFile.Read(option == "-" ? "/dev/stdin" : option[1..], out fault);
        if (secret is not { } read)
        {
            fault = $"the token: {from} {fault}";
            return null;
        }

        // What else there may be would end the header's line, or not be one.
        if (read.Bytes.Length > BytesMax || read.Bytes.ContainsAnyExceptInRange((byte)'!', (byte)'~'))
        {
            fault = $"the token: {from} holds what no token has (visible ASCII, at most {BytesMax} bytes)";
            return null;
        }

        return Encoding.ASCII.GetString(read.Bytes);
    }
}
