using System.Text.RegularExpressions;
using Dynode.Broadcast.Plane;
using Dynode.UnitTests.House;

namespace Dynode.UnitTests.Native.Configuration;

/// <summary>What <c>deploy/regions</c> says to a broadcaster is taken as it stands, and is of one piece with what it says to nats-server.</summary>
public sealed partial class DeployedRegionsTests
{
    private static readonly string[] Rights =
    [
        "$JS.API.CONSUMER.CREATE.orders", "$JS.API.CONSUMER.MSG.NEXT.orders.>", "$JS.API.DIRECT.GET.orders", "$JS.API.STREAM.CREATE.KV_dynode_orders", "$JS.API.STREAM.CREATE.orders",
        "$JS.API.STREAM.INFO.KV_dynode_orders", "$JS.API.STREAM.INFO.orders", "$JS.API.STREAM.MSG.GET.KV_dynode_orders", "$KV.dynode_orders.>", "_INBOX.>", "dynode-placed.orders.>", "dynode.orders.>",
    ];

    [Fact]
    public void Both_broadcasters_name_one_stream_of_the_three_servers_the_nearest_first_and_no_server_twice()
    {
        var servers = new List<string>();
        string[] listens = [.. ((string[])["east", "west", "witness"]).Select(name => Listens().Match(SourceTree.Read($"deploy/regions/nats-{name}.conf")).Groups[1].Value)];
        foreach (var (name, nearest) in ((string, string)[])[("east", listens[0]), ("west", listens[1])])
        {
            var settings = Reading.OfFile(SourceTree.Read($"deploy/regions/configuration-{name}"), "log_password=a").Good();
            Assert.Equal(("orders", "dynode", 3), (settings.Ordered!.Url.Stream, settings.Ordered.User, settings.Ordered.Replicas));
            Assert.Equal(listens.Order(), settings.Ordered.Url.Hosts.Select(host => host.ToString()).Order());
            Assert.Equal(nearest, settings.Ordered.Url.Hosts[0].ToString());
            Assert.Equal(Protocol.Redis, settings.Broadcast.Protocol);
            servers.AddRange(ServersOf(name));
        }

        Assert.Equal(4, servers.Distinct().Count());
        Assert.Equal(4, servers.Count);
    }

    [Fact]
    public void Their_user_may_do_what_is_needed_and_no_more()
    {
        string rights = SourceTree.Read("deploy/regions/rights.conf");
        string user = rights[..rights.IndexOf("SYS {", StringComparison.Ordinal)];
        Assert.Equal(Rights, Quoted().Matches(user).Select(match => match.Groups[1].Value).Order(StringComparer.Ordinal));
        Assert.Single(UserName().Matches(user));
    }

    [Fact]
    public void Each_nats_server_syncs_what_it_confirms_and_is_alone_in_its_region()
    {
        foreach (string name in (string[])["east", "west", "witness"])
        {
            string text = SourceTree.Read($"deploy/regions/nats-{name}.conf");
            string[] lines = [$"server_name: {name}", $"server_tags: [\"region:{name}\"]", "  unique_tag: region", "  sync_interval: always", "  routes: $NATS_ROUTES", "include rights.conf"];
            Assert.All(lines, line => Assert.Contains($"\n{line}\n", text, StringComparison.Ordinal));
        }
    }

    private static string[] ServersOf(string name) =>
        SourceTree.Read($"deploy/regions/configuration-{name}").Split('\n').Single(line => line.StartsWith("servers=", StringComparison.Ordinal))["servers=".Length..].Split(',');

    [GeneratedRegex(@"^listen: (\S+)$", RegexOptions.Multiline)]
    private static partial Regex Listens();

    [GeneratedRegex("\"([^\"]+)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\buser: \w+")]
    private static partial Regex UserName();
}
