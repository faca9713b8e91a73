using System.Globalization;
using Dynode.Broadcast.Backends;

namespace Dynode.Native.Membership;

/// <summary>A set that has to be applied, and what it changes. Of the same servers in another order only the order, or how they are spoken to.</summary>
internal sealed record SetChange(BackendSet Before, BackendSet After)
{
    /// <summary>A line of a log holds no more names than an operator reads.</summary>
    private const int NamesMax = 20;

    public bool IsFirst => Before.Addresses.IsEmpty;

    public bool IsReorder =>
        After.Addresses.Length == Before.Addresses.Length && !After.Addresses.Except(Before.Addresses).Any();

    /// <summary>Of the same servers in the same order: who is spoken to otherwise, as a list says it; empty: nobody, or more has changed.</summary>
    public string Otherwise => !Before.Addresses.SequenceEqual(After.Addresses) ? "" : string.Join(
        ", ", Before.Addresses.Zip(After.Addresses).Where(static pair => !pair.First.IsSpokenToAlike(pair.Second)).Take(NamesMax).Select(static pair => ServerScheme.Write(pair.Second)));

    public string Added => Names(After.Addresses.Except(Before.Addresses));

    public string Removed => Names(Before.Addresses.Except(After.Addresses));

    public string Now => Names(After.Addresses);

    /// <summary>For a line of the log.</summary>
    public static string Names(IEnumerable<BackendAddress> addresses)
    {
        BackendAddress[] all = [.. addresses];
        string names = string.Join(", ", all.Take(NamesMax).Select(address => address.ToString()));
        return all.Length switch
        {
            0 => "none",
            > NamesMax => string.Create(CultureInfo.InvariantCulture, $"{names} and {all.Length - NamesMax} more"),
            _ => names,
        };
    }
}
