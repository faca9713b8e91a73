using System.Globalization;
using NATS.Client.Core;

namespace Dynode.Streams.Nats;

/// <summary>The stream as it is asked over one connection: whether it is there, where it stands, whether this user may use it.</summary>
internal sealed class NatsStream(NatsLink link, NatsNames names, NatsSettings settings, TimeProvider time)
{
    // Of the engine's errors, by its source (server/errors.json).
    private const long NoStream = 10059;
    private const long OtherStream = 10058;
    private const long NotEnabled = 10076;
    private const long NotEnabledForAccount = 10039;
    private const long Unavailable = 10008;
    private const long NoLeader = 10009;
    private const long NoQuorum = 10004;

    /// <summary>For as many copies: also of a cluster whose servers do not know each other yet, a moment after its start.</summary>
    private const long NoPlacement = 10005;

    /// <summary>Another one is meant: what comes with it is refused, and the refusal shows that it may be sent.</summary>
    private const string OtherThanAny = "dynode-asks-for-its-rights";

    /// <summary>While its servers choose a leader, nobody answers: so it is asked again.</summary>
    private static readonly TimeSpan TryTimeout = TimeSpan.FromSeconds(1);

    private const int TriesMax = 5;

    public NatsStreamRules Rules { get; } = new(names, settings);

    /// <summary>What the engine says about the stream; null: there is none.</summary>
    /// <exception cref="NatsTrouble">It says nothing, or that it does not work.</exception>
    public Task<NatsJson?> FindAsync(CancellationToken cancellation) => FindAsync(names.Log, cancellation);

    /// <summary>Makes it, or takes what another has made meanwhile.</summary>
    public async Task<NatsJson> MakeAsync(CancellationToken cancellation) =>
        await MakeAsync(names.Log, NatsBodies.Stream(names, settings, NatsTime.Nanoseconds(time.GetUtcNow())), cancellation).ConfigureAwait(false);

    /// <summary>Makes the bucket for the keys where there is none.</summary>
    public async Task EnsureBucketAsync(long replicas, CancellationToken cancellation)
    {
        NatsJson bucket = await FindAsync(names.Bucket, cancellation).ConfigureAwait(false)
            ?? await MakeAsync(names.Bucket, NatsBodies.Bucket(names, (int)Math.Clamp(replicas, 1, NatsSettings.ReplicasMax)), cancellation).ConfigureAwait(false);
        string subjects = string.Join(',', bucket.Items("config.subjects"));
        if (subjects != names.AllKeys || bucket.Has("config.mirror") || bucket.Has("config.sources") || bucket.Text("config.retention") != "limits")
            throw NatsTrouble.Lasting($"stream {names.Bucket} is no bucket for the keys of {names.Log}: it must have subjects={names.AllKeys}, retention=limits, no mirror and no sources");
        if (bucket.Number("config.max_age") > 0)
            throw NatsTrouble.Lasting($"bucket {names.Bucket} has max_age: a key that is forgotten is a place that is lost; set it to 0");
    }

    /// <summary>Where the stream stands, by what the engine said.</summary>
    /// <exception cref="NatsTrouble">It cannot be told from another one.</exception>
    public StreamState State(NatsJson info, long microseconds)
    {
        long created = NatsStreamRules.Created(info);
        if (created == 0)
            throw new NatsTrouble($"the engine does not say when stream {names.Log} was made");
        ulong last = info.Unsigned("state.last_seq");
        ulong first = info.Unsigned("state.messages") == 0 ? last + 1 : info.Unsigned("state.first_seq");
        return new StreamState(new StreamIdentity(names.Log, created), first, last, NatsStreamRules.EntryBytesMax(info, link.Info), microseconds, Where(info))
        {
            Server = $"{link.Host}",
            Leader = NatsTrouble.Excerpt(info.Text("cluster.leader")),
            IsLeaderless = info.Has("cluster") && info.Text("cluster.leader").Length == 0,
            Differences = string.Join("; ", Rules.Differences(info)),
        };
    }

    /// <summary>Asks where it stands.</summary>
    /// <exception cref="NatsTrouble">It says nothing, there is none any more, or it is not any more as it must be.</exception>
    public async Task<StreamState> LookAsync(CancellationToken cancellation)
    {
        long began = time.GetTimestamp();
        NatsJson info = await FindAsync(cancellation).ConfigureAwait(false) ?? throw new NatsTrouble($"stream {names.Log} is not there any more");
        Rules.Hold(info);
        return State(info, (long)time.GetElapsedTime(began).TotalMicroseconds);
    }

    /// <summary>The stream in words: where its leader is, what it keeps, what it holds.</summary>
    public string Describe(NatsJson info)
    {
        StreamState state = State(info, 0);
        string leader = info.Text("cluster.leader");
        return string.Create(CultureInfo.InvariantCulture,
            $"{info.Number("config.num_replicas")} replicas, leader {(leader.Length > 0 ? NatsTrouble.Excerpt(leader) : "unknown")}, max_age {info.Number("config.max_age") / 1_000_000_000} s, max_bytes {info.Number("config.max_bytes")}, entries of at most {state.ParcelBytesMax} bytes, numbers {state.First} to {state.Last}, {info.Number("state.bytes")} bytes");
    }

    /// <summary>Rights that this user lacks, each as a sentence.</summary>
    public async Task<IReadOnlyList<string>> MissingRightsAsync(CancellationToken cancellation)
    {
        var headers = new NatsHeaders { ["Nats-Expected-Stream"] = OtherThanAny };
        Task<string>[] asked =
        [
            TryAsync(names.Lane(0), default, cancellation, headers),
            TryAsync(names.Key("rights"), default, cancellation, new NatsHeaders { ["Nats-Expected-Stream"] = OtherThanAny }),

            // For a stream that is not the one of the subject: no consumer is made.
            TryAsync(names.CreateConsumer, "{}"u8.ToArray(), cancellation),

            // Any of its servers answers this one, also one that was cut off and is not known to be. A refusal comes at once, and who reads can do without.
            TryAsync(names.GetAny, "{}"u8.ToArray(), cancellation, isNeeded: false),
            TryAsync(names.Next("none"), NatsBodies.Next(1, 0), cancellation),
            TryAsync(NatsNames.Get(names.Bucket), NatsBodies.LastOf(names.Key("rights")), cancellation),
        ];
        return [.. (await Task.WhenAll(asked).ConfigureAwait(false)).Where(why => why.Length > 0)];
    }

    private async Task<string> TryAsync(string subject, byte[]? body, CancellationToken cancellation, NatsHeaders? headers = null, bool isNeeded = true)
    {
        try
        {
            await link.AskAsync(subject, body, cancellation, headers, isNeeded ? null : TryTimeout).ConfigureAwait(false);
            return "";
        }
        catch (Exception e) when (e is NatsNobody or NatsStatus)
        {
            return "";
        }
        catch (NatsTrouble e) when (e.IsLasting && !link.Ended.IsCompleted)
        {
            return e.Message;
        }
        catch (NatsTrouble) when (!isNeeded && !link.Ended.IsCompleted)
        {
            // Not refused.
            return "";
        }
    }

    private async Task<NatsJson?> FindAsync(string stream, CancellationToken cancellation)
    {
        for (int i = 1; ; i++)
        {
            try
            {
                NatsJson info = NatsJson.Read(await link.AskAsync(NatsNames.Info(stream), default, cancellation, timeout: TryTimeout).ConfigureAwait(false));
                if (info.Number("error.err_code") == NoStream)
                    return null;
                ThrowForError(stream, info);
                return info;
            }
            catch (NatsNobody)
            {
                throw link.Info.HasStreams
                    ? new NatsTrouble($"JetStream of {link.Host} does not answer")
                    : NatsTrouble.Lasting($"{link.Host} has no JetStream: put jetstream {{ store_dir: … }} into its configuration, or name a server that has it; one of a cluster turns it off when its disk is full: make room, and restart it");
            }
            catch (NatsTrouble e) when (!e.IsLasting && i < TriesMax && !link.Ended.IsCompleted)
            {
                // Once more: the time-out has been waited for.
            }
        }
    }

    private async Task<NatsJson> MakeAsync(string stream, byte[] body, CancellationToken cancellation)
    {
        try
        {
            NatsJson made = NatsJson.Read(await link.AskAsync(NatsNames.Create(stream), body, cancellation).ConfigureAwait(false));
            if (made.Number("error.err_code") != OtherStream)
            {
                ThrowForError(stream, made, isMade: true);
                return made;
            }
        }
        catch (NatsTrouble e) when (e.IsLasting)
        {
            throw NatsTrouble.Lasting($"stream {stream} is not there, and cannot be made: {e.Message}");
        }

        return await FindAsync(stream, cancellation).ConfigureAwait(false) ?? throw new NatsTrouble($"stream {stream} is made by another just now");
    }

    private static void ThrowForError(string stream, NatsJson answer, bool isMade = false)
    {
        if (!answer.Has("error"))
            return;
        long code = answer.Number("error.err_code");
        string text = NatsTrouble.Excerpt(answer.Text("error.description"));
        throw code switch
        {
            NotEnabled or NotEnabledForAccount => NatsTrouble.Lasting($"this user's account has no JetStream ({text}): enable it for that account"),
            Unavailable or NoLeader or NoQuorum => new NatsTrouble($"stream {stream}: {text}"),
            NoPlacement => new NatsTrouble($"stream {stream}: {NatsRemedy.With(code, text)}"),
            _ => new NatsTrouble($"stream {stream}: {NatsRemedy.With(code, text)}", isMade || answer.Number("error.code") is >= 400 and < 500),
        };
    }

    private string Where(NatsJson info)
    {
        string leader = info.Text("cluster.leader");
        string name = leader.Length > 0 && leader != link.Info.Name ? $", leader {NatsTrouble.Excerpt(leader)}" : ", which is the leader";
        return $"nats-server {link.Info.Version} at {link.Host}{name}, {info.Number("config.num_replicas")} replicas";
    }
}
