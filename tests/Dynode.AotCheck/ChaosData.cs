using Dynode.TestKit;

namespace Dynode.AotCheck;

/// <summary>All that a redis holds but what the broadcasters keep there.</summary>
/// <param name="List">The elements of <c>list</c>.</param>
/// <param name="Values">Of all other keys.</param>
internal sealed record ChaosData(string[] List, IReadOnlyDictionary<string, string> Values)
{
    private const string Script =
        "local r={} for _,k in ipairs(redis.call('keys','*')) do if k~='list' and string.sub(k,1,7)~='dynode:' then r[#r+1]=k..'='..redis.call('get',k) end end table.sort(r) "
        + "return table.concat(redis.call('lrange','list',0,-1),' ')..'|'..table.concat(r,' ')";

    public static async Task<ChaosData> OfAsync(RealServer server)
    {
        string[] parts = (await server.AskAsync($"EVAL \"{Script}\" 0")).Split('|');
        return parts.Length == 2
            ? new ChaosData(
                parts[0].Split(' ', StringSplitOptions.RemoveEmptyEntries),
                parts[1].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static pair => pair.Split('=')).ToDictionary(static pair => pair[0], static pair => pair[1]))
            : throw new ExpectationException($"{server.Address} says {parts[0]}");
    }

    public bool Equals(ChaosData? other) => other is not null && List.AsSpan().SequenceEqual(other.List) && Values.Count == other.Values.Count && !Values.Except(other.Values).Any();

    public override int GetHashCode() => HashCode.Combine(List.Length, Values.Count);

    public override string ToString() => $"{List.Length} elements, {List.Distinct().Count()} of them different, {Values.Count} other keys";
}
