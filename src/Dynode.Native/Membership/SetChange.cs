using System.Globalization;
using Dynode.Broadcast.Backends;

namespace Dynode.Native.Membership;

/// <summary>A set that has to be applied, and what it changes. Of the same servers in another order only the order.</summary>
internal sealed record SetChange(BackendSet Before, BackendSet After)
{
    /// <summary>A line of a log holds no more names than an operator reads.</summary>
    private const int NamesMax = 20;

    public bool IsFirst => Before.Addresses.IsEmpty;

    public bool IsReorder =>
        After.Addresses.Length == Before.Addresses.Length && !After.Addresses.Except(Before.Addresses).Any();

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
