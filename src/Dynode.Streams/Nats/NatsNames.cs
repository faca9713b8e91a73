using System.Globalization;

namespace Dynode.Streams.Nats;

/// <summary>All subjects that one log has to do with.</summary>
/// <param name="Log">The stream's name.</param>
internal sealed record NatsNames(string Log)
{
    /// <summary>Where parcels are published: all lanes.</summary>
    public string All => $"dynode.{Log}.>";

    /// <summary>Where the stream's leader says what it has placed.</summary>
    public string Placed => $"dynode-placed.{Log}.>";

    /// <summary>The stream of the keys: a bucket, as NATS calls it.</summary>
    public string Bucket => $"KV_dynode_{Log}";

    /// <summary>Of all keys.</summary>
    public string AllKeys => $"$KV.dynode_{Log}.>";

    public string CreateConsumer => $"$JS.API.CONSUMER.CREATE.{Log}";

    /// <summary>In the stream's metadata: when it was made.</summary>
    public const string Created = "dynode_created";

    public static string Info(string stream) => $"$JS.API.STREAM.INFO.{stream}";

    public static string Create(string stream) => $"$JS.API.STREAM.CREATE.{stream}";

    public static string Get(string stream) => $"$JS.API.STREAM.MSG.GET.{stream}";

    public string GetAny => $"$JS.API.DIRECT.GET.{Log}";

    public string Next(string consumer) => $"$JS.API.CONSUMER.MSG.NEXT.{Log}.{consumer}";

    public string Lane(ulong lane) => string.Create(CultureInfo.InvariantCulture, $"dynode.{Log}.{lane:x16}");

    public string Key(string key) => $"$KV.dynode_{Log}.{key}";
}
