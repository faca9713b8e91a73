using System.Globalization;
using Dynode.Broadcast.Backends;
using Dynode.Native.Control;

namespace Dynode.Native.Bootstrap;

/// <summary>
/// Gives a server another one's data while clients write: it replicates that, is promoted, and goes on from the watermark that came with the data. Whatever comes of it is said, and in what
/// state the server was left.
/// <code>
///   asked, checked ─▶ REPLICAOF source ─▶ link up, and as far as the source was then ─▶ the source is still what it was ─▶ REPLICAOF NO ONE ─▶ current, no gap
///    nothing changed   └───────────── a replica, to which the broadcaster sends nothing ──────────────────────────────────┘  └─ goes on by itself
/// </code>
/// Used by one thread.
/// </summary>
internal sealed class BootstrapVerb(ControlClient client, BootstrapPlan plan, Display display, Consent consent, Bounds bounds, TimeProvider time)
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(0.2);

    private Left _left;
    private string _key = "";
    private string _started = "";
    private double _connects;
    private string _said = "";
    private TimeSpan _saidAt;

    private enum Left { AsItWas, Unknown, Replica, UnknownPromoted, Promoted }

    /// <summary>Does it.</summary>
    /// <returns>As verbs end.</returns>
    public int Run()
    {
        try
        {
            if (BootstrapRefusal.Of(plan) is { } refusal)
                throw new BootstrapEnd(VerbStatus.No, refusal);
            JsonPart config = Asked("/config");
            Refuse(BootstrapRefusal.Of(config));
            _key = BootstrapRefusal.Value(config, "exactly_once_key");
            JsonPart status = Asked("/status");
            Refuse(BootstrapRefusal.Of(plan, status));
            using RedisLink from = Open(plan.From), target = Open(plan.New);
            string runId = Check(from, target, out bool isEmpty);
            Refuse(BootstrapRefusal.Of(plan, status, from.Do("GET", _key).Content.Span));
            if (!BootstrapRefusal.IsOwn(plan, status))
                Say($"{plan.From} is not this broadcaster's to deliver to: by its own word it has no gap");
            if (plan.Replaces && !isEmpty && consent.Ask($"All that {plan.New} holds is thrown away, and it is given what {plan.From} has.", plan.IsYes, display) is not VerbStatus.Good and var no)
                return no;
            Copy(from, target, runId);
            Await();
            return VerbStatus.Good;
        }
        catch (BootstrapEnd end)
        {
            display.Complain(end.Message);
            display.Complain(LeftText);
            return end.Status;
        }
    }

    private string LeftText => _left switch
    {
        Left.AsItWas => $"{plan.New} is as it was: nothing was changed",
        Left.Unknown => $"it is not known whether {plan.New} is a replica of {plan.Source} now. {Undo}",
        Left.Replica => $"{plan.New} is a replica of {plan.Source}, was not promoted, and is sent nothing by the broadcaster. {Undo}",
        Left.UnknownPromoted => $"it is not known whether {plan.New} was promoted; it has {plan.From}'s data, and is either a replica of it or goes on by itself: dynode wait --current {plan.New}; if that does not come: {plan.Again}",
        _ => $"{plan.New} has {plan.From}'s data and is promoted: it goes on by itself, and its gap is closed as soon as the broadcaster has read its watermark: dynode wait --current {plan.New}",
    };

    private string Undo => $"Again: {plan.Again}. Or have it by itself with what it holds then: redis-cli -h {plan.New.Host} -p {plan.New.Port.ToString(CultureInfo.InvariantCulture)} REPLICAOF NO ONE";

    private RedisLink Open(BackendAddress address) => RedisLink.Open(address, plan.Login.Username, plan.Login.Password, bounds, time);

    private static void Refuse(string? refusal)
    {
        if (refusal is not null)
            throw new BootstrapEnd(VerbStatus.No, refusal);
    }

    private JsonPart Asked(string target)
    {
        ControlAnswer answer = client.Get(target);
        if (!answer.IsGood)
            throw new BootstrapEnd(Verdict.Of(answer, client.Place, display), "without the broadcaster it is not known what may be done");
        JsonPart root = JsonPart.Parse(answer.Body);
        return root["schema"].Number is not null ? root : throw new BootstrapEnd(VerbStatus.Unavailable, $"who answers {client.Place.Said} is no broadcaster");
    }

    private string Check(RedisLink from, RedisLink target, out bool isEmpty)
    {
        RedisInfo source = from.Info(), there = target.Info();
        isEmpty = there.Keys == 0 || (there.Keys == 1 && there["db0"].Length > 0 && target.Do("EXISTS", _key).Text == "1");
        Refuse(BootstrapRefusal.Of(plan, source, there, isEmpty));

        // One that takes writes as a replica would be sent some by the broadcaster in the midst of the copy, and get them with that once more.
        if (target.Do("CONFIG", "GET", "replica-read-only").Elements is not [_, { Text: "yes" }])
            throw new BootstrapEnd(VerbStatus.No, $"{plan.New} would take writes as a replica: CONFIG SET replica-read-only yes");
        return source["run_id"];
    }

    private void Copy(RedisLink from, RedisLink target, string runId)
    {
        var login = new ReplicaLogin(target, plan.Login);
        try
        {
            login.Set();
            _left = Left.Unknown;
            RedisReply said = target.Ask("REPLICAOF", plan.Source.Host, plan.Source.Port.ToString(CultureInfo.InvariantCulture));
            if (said.IsError)
                _left = Left.AsItWas;
            target.Good(said, $"REPLICAOF {plan.Source}");
            _left = Left.Replica;
            Say($"{plan.New} replicates {plan.Source}");
            Follow(from, target, runId);
            Promote(from, target, runId);
        }
        finally
        {
            if (login.TryPutBack() is { } failed)
                display.Complain($"{plan.New}: {failed}");
        }
    }

    /// <summary>Until it has all that the source had when the link was up.</summary>
    private void Follow(RedisLink from, RedisLink target, string runId)
    {
        NoteConnects();
        using var pace = new Pace(Period, time);
        long? offset = null;
        while (true)
        {
            RedisInfo info = target.Info();
            if (info["role"] != "slave" || info["master_host"] != plan.Source.Host || info["master_port"] != plan.Source.Port.ToString(CultureInfo.InvariantCulture))
            {
                _left = Left.Unknown;
                throw new BootstrapEnd(VerbStatus.No, $"{plan.New} is no replica of {plan.Source} any more: somebody else has changed that");
            }

            if (info["slave_read_only"] is { Length: > 0 } and not "1")
                throw new BootstrapEnd(VerbStatus.No, $"{plan.New} takes writes as a replica: CONFIG SET replica-read-only yes");
            bool isUp = info["master_link_status"] == "up" && info["master_sync_in_progress"] == "0";
            if (isUp && offset is null)
            {
                RedisInfo source = Source(from, runId);
                if (source["master_replid"] != info["master_replid"])
                    throw new BootstrapEnd(VerbStatus.No, $"{plan.New} replicates another server than {plan.From}: {plan.Source} is not that one where {plan.New} is; say --as HOST:PORT");
                offset = source.Number("master_repl_offset");
                Say("the link is up");
            }

            if (isUp && offset is { } wanted && info.Number("slave_repl_offset") is { } has && has >= wanted)
                return;
            Progress(info);
            bounds.Check(isUp ? $"{plan.New} to have what {plan.From} had" : $"the link of {plan.New} to {plan.Source} (its log says why it is not up)");
            if (!isUp)
                Source(from, runId);
            pace.Wait();
        }
    }

    private void Promote(RedisLink from, RedisLink target, string runId)
    {
        Source(from, runId);
        JsonPart status = Asked("/status");
        Refuse(BootstrapRefusal.Of(plan, status));
        Refuse(BootstrapRefusal.Of(plan, status, from.Do("GET", _key).Content.Span));
        bounds.Check("nothing more");
        _left = Left.UnknownPromoted;
        RedisReply said = target.Ask("REPLICAOF", "NO", "ONE");
        if (said.IsError)
            _left = Left.Replica;
        target.Good(said, "REPLICAOF NO ONE");
        _left = Left.Promoted;
        Say($"{plan.New} is promoted");

        // A connection from before may not have seen that there are other data now: it is to begin anew, at their watermark.
        target.Good(target.Ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"), "CLIENT KILL TYPE normal (the broadcaster's connection is to begin anew)");
    }

    /// <summary>The one that gives is what it was when it was checked.</summary>
    private RedisInfo Source(RedisLink from, string runId)
    {
        RedisInfo source = from.Info();
        if (source["run_id"] != runId || source["role"] != "master")
            throw new BootstrapEnd(VerbStatus.No, $"{plan.From} is not what it was when this began: it was restarted, or is a replica now");
        return source;
    }

    /// <summary>Until the broadcaster shows it current, by what it saw behind the promotion.</summary>
    private void Await()
    {
        using var pace = new Pace(Period, time);
        TimeSpan promoted = bounds.Elapsed;
        while (true)
        {
            bounds.Check($"{plan.New} to be current without a gap");
            JsonPart status = Seen(promoted, out bool isNew);
            JsonPart server = BootstrapRefusal.Server(status, plan.New);

            // By a connection that was made to what it holds now: none is current at a replica, and those from before were ended.
            isNew &= server["connects"].Count > _connects || status["started"].Raw != _started;
            if (isNew && server["state"].Raw == "current" && !server["gap"].IsThere)
            {
                display.Output.WriteLine($"{plan.New} is current, without a gap: it has what {plan.From} has");
                return;
            }

            Say(server.IsThere ? $"{plan.New} is {ServersTable.State(server)}{(ServersTable.Note(server) is { Length: > 0 } note ? $" ({note})" : "")}" : "the broadcaster does not answer");
            pace.Wait();
        }
    }

    /// <summary>How often the broadcaster had connected to it, seen when it was a replica already.</summary>
    private void NoteConnects()
    {
        using var pace = new Pace(Period, time);
        TimeSpan begin = bounds.Elapsed;
        while (true)
        {
            JsonPart status = Seen(begin, out bool isNew);
            if (isNew)
            {
                (_started, _connects) = (status["started"].Raw ?? "", BootstrapRefusal.Server(status, plan.New)["connects"].Count);
                return;
            }

            bounds.Check("the broadcaster to say how it stands");
            pace.Wait();
        }
    }

    /// <summary>What the broadcaster says now; nothing: it does not answer.</summary>
    /// <param name="since">A time of the bounds.</param>
    /// <param name="isNew">It was seen behind that.</param>
    private JsonPart Seen(TimeSpan since, out bool isNew)
    {
        TimeSpan asked = bounds.Elapsed;
        ControlAnswer answer = client.Get("/status");
        JsonPart status = answer.IsGood ? JsonPart.Parse(answer.Body) : JsonPart.Nothing;
        isNew = status["sampled_seconds_ago"].Number is { } age && (asked - since).TotalSeconds - age > 0;
        return status;
    }

    private void Progress(RedisInfo info)
    {
        if (info["master_sync_in_progress"] == "1")
            Say(info.Number("master_sync_left_bytes") is > 0 and { } left ? $"sync: {FigureText.Bytes(left)} left" : "sync: the source writes its snapshot");
        else if (info["master_link_status"] != "up")
            Say("the link is not up yet");
    }

    /// <summary>At most one line a second of what changes, and none twice.</summary>
    private void Say(string text)
    {
        if (text == _said || (_said.Length > 0 && bounds.Elapsed - _saidAt < TimeSpan.FromSeconds(1) && text.StartsWith("sync: ", StringComparison.Ordinal)))
            return;
        (_said, _saidAt) = (text, bounds.Elapsed);
        display.Output.WriteLine(text);
    }
}
