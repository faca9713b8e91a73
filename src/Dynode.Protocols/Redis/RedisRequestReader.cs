using System.Buffers;
using System.Globalization;
using System.Text;

namespace Dynode.Protocols.Redis;

/// <summary>
/// One redis client: what of its requests is answered here, what is refused, and what goes to the servers. Servers see one
/// connection for all clients, so whatever redis ties to a connection is kept here: whether the client may speak, its database,
/// its protocol, its transaction, whether it wants replies, its name.
/// </summary>
/// <param name="clientId">What CLIENT ID answers.</param>
/// <param name="scripts">That clients have sent.</param>
internal sealed class RedisRequestReader(long clientId, ScriptBodies scripts) : IRequestReader
{
    /// <summary>
    /// The longest name or subcommand that is looked up, in bytes. What is longer, or is not printable, is nothing that
    /// redis knows; and it must not be shown to redis, which compares names as C strings: to one server in some hundred,
    /// "SHUTDOWN\0x" is SHUTDOWN.
    /// </summary>
    public const int NameBytesMax = 64;

    /// <summary>The longest request of a client that has not shown its password yet, in bytes.</summary>
    public const long StrangerBytesMax = 16 << 10;

    /// <summary>Databases of a server; redis's own limit is its setting, and lower.</summary>
    public const int DatabasesMax = 1 << 20;

    private RespRequestFramer _framer;
    private RedisIdentity _identity = new(clientId);
    private RedisTransaction _transaction;
    private ReplySwitch _replies;
    private UsualName _usual;
    private int _database;
    private int _selects;
    private RequestRewrite _rewrite = new(scripts);

    // Of what the framer could not read the limit that was passed; else why the client is closed.
    private string _reason = "";

    /// <inheritdoc/>
    public string Fault => _framer.Fault == RespFault.None ? _reason : Said(RespRequestFramer.Text(_framer.Fault)) + _reason;

    /// <inheritdoc/>
    public string Part => string.Create(CultureInfo.InvariantCulture, $"half a request, {Length} bytes of at least {DeclaredLength}");

    /// <inheritdoc/>
    public long Length => _framer.Length;

    /// <inheritdoc/>
    public long DeclaredLength => _framer.DeclaredLength;

    /// <inheritdoc/>
    public FrameStatus Advance(ReadOnlySpan<byte> fresh, ProtocolSettings settings, out int consumed)
    {
        bool stranger = !settings.ClientPassword.IsEmpty && !_identity.IsAuthenticated;
        long max = stranger ? Math.Min(StrangerBytesMax, settings.RequestBytesMax) : settings.RequestBytesMax;
        var status = _framer.Advance(fresh, max, out consumed);
        if (status == FrameStatus.Malformed) _reason = RespLimit.Of(_framer.Fault, max, stranger && max == StrangerBytesMax);
        return status;
    }

    /// <inheritdoc/>
    public void WriteFault(IBufferWriter<byte> answer)
    {
        answer.Write(RespRequestFramer.Text(_framer.Fault));
        Encoding.ASCII.GetBytes(_reason, answer);
        answer.Write("\r\n"u8);
    }

    /// <inheritdoc/>
    public void Settle(bool accepted)
    {
        if (accepted) _database = _selects;
    }

    /// <inheritdoc/>
    public RequestVerdict Judge(ReadOnlySpan<byte> head, RequestScratch scratch, ProtocolSettings settings)
    {
        _replies.Next();
        var verdict = IsUsual(head) ? new() { Class = _usual.Class, Reads = _usual.Reads && settings.MarksReads, Database = _database, Protocol = _identity.Protocol }
            : _framer.IsInline ? JudgeLine(head, scratch, settings)
            : JudgeArray(new RequestArguments(head), scratch.Answer, settings);
        verdict = _rewrite.Apply(verdict, ref _transaction, scratch.Replacement.WrittenCount > 0 ? scratch.Replacement.WrittenSpan : head, scratch);
        _framer.Next();
        if (!_replies.Hides) return verdict;
        scratch.Answer.ResetWrittenCount();
        bool forwards = verdict.Action is RequestAction.Forward or RequestAction.ForwardCollected;
        return forwards ? verdict with { Hide = RequestVerdict.HidesAll } : verdict;
    }

    /// <summary>Nothing but its name matters, and it is that of the last one of which this was so.</summary>
    private bool IsUsual(ReadOnlySpan<byte> head) =>
        !_transaction.IsOpen && _identity.IsAuthenticated && !_framer.IsInline && _usual.Is(head, _framer.Argument(0));

    /// <summary>A line of words is encoded anew, so that it is judged by what the servers will read.</summary>
    private RequestVerdict JudgeLine(ReadOnlySpan<byte> line, RequestScratch scratch, ProtocolSettings settings)
    {
        if (RespInline.TrySplit(line, scratch.Replacement, out _))
            return JudgeArray(new RequestArguments(scratch.Replacement.WrittenSpan), scratch.Answer, settings);
        scratch.Answer.Write(RespRequestFramer.Text(RespFault.UnbalancedQuotes));
        scratch.Answer.Write("\r\n"u8);
        _reason = Said(RespRequestFramer.Text(RespFault.UnbalancedQuotes));
        return new() { Action = RequestAction.Answer, Closes = true };
    }

    private RequestVerdict JudgeArray(RequestArguments arguments, IBufferWriter<byte> answer, ProtocolSettings settings)
    {
        if (arguments.Count == 0) return new() { Action = RequestAction.Answer };
        var all = arguments;
        arguments.TryNext(out var name);
        bool hasSubcommands = false;
        var fact = IsName(name) ? RedisFacts.Find(name, out hasSubcommands) : null;
        if (settings.ClientPassword.IsEmpty) _identity.IsAuthenticated = true;
        if (!_identity.IsAuthenticated && fact?.Rule is not (RedisRule.Auth or RedisRule.Hello or RedisRule.Quit or RedisRule.Reset))
            return Refuse("NOAUTH Authentication required.", answer);
        if (fact is null) return Refuse($"ERR unknown command '{Printable.Of(name)}'", answer);
        if (hasSubcommands && arguments.Count > 1)
        {
            arguments.TryNext(out var subcommand);
            fact = IsName(subcommand) ? RedisFacts.Find(name, subcommand) ?? fact : null;
            if (fact is null || fact.Rule == RedisRule.ClientUnknown)
                return Refuse($"ERR unknown subcommand '{Printable.Of(subcommand)}'. Try {Printable.Of(name).ToUpperInvariant()} HELP.", answer);
        }

        bool reads = settings.MarksReads && RedisReads.Are(name);
        if (fact.Rule == RedisRule.Forward)
        {
            if (settings.SendsScripts && (hasSubcommands || fact.Class == ReplyClass.Outcome))
            {
                if (!_rewrite.TryTakeScript(fact, all, answer, _transaction.IsOpen, out string? refusal)) return new() { Action = RequestAction.Answer };
                if (refusal is not null) return Refuse(refusal, answer);
            }
            else if (!hasSubcommands && settings.OwnKey.IsEmpty) _usual = UsualName.Of(name, fact.Class, reads);
            return OwnKey.IsOf(all, fact.Key, settings) ? Refuse(OwnKey.Refusal, answer) : Forward(fact.Class, answer) with { Reads = reads && !_transaction.IsOpen };
        }

        if (!fact.Admits(arguments.Count)) return WrongNumber(fact, answer);
        return JudgeRule(fact, ref arguments, answer, settings) with { Reads = reads && !_transaction.IsOpen };
    }

    private RequestVerdict JudgeRule(RedisFact fact, ref RequestArguments arguments, IBufferWriter<byte> answer, ProtocolSettings settings)
    {
        switch (fact.Rule)
        {
            case RedisRule.ForwardUnlessBlocking:
                bool waits = fact.OptionsAt > 0 ? ReadOptions.MayBlock(ref arguments, fact.OptionsAt) : ReadOptions.MayBlock(ref arguments);
                return waits ? Refuse(fact.Refusal, answer) : Forward(fact.Class, answer);
            case RedisRule.Scan:
                _rewrite.HasCursor(fact.Key + 1);
                return Forward(fact.Class, answer);
            case RedisRule.Refuse:
                return Refuse(fact.Refusal, answer);
            case RedisRule.RefuseAndClose:
                _reason = fact.Refusal["ERR ".Length..];
                return Refuse(fact.Refusal, answer) with { Closes = true };
            case RedisRule.Ping or RedisRule.Echo or RedisRule.Unwatch:
                return _transaction.IsOpen ? Forward(fact.Class, answer) : AnswerInPassing(fact, ref arguments, answer);
            case RedisRule.Quit:
                RespWriter.WriteSimple(answer, "OK"u8);
                return _transaction.Drop() with { Closes = true };
            case RedisRule.Reset:
                RespWriter.WriteSimple(answer, "RESET"u8);
                return Reset();
            case RedisRule.Multi:
                return _transaction.IsOpen ? Error("ERR MULTI calls can not be nested"u8, answer) : _transaction.Begin(answer);
            case RedisRule.Exec:
                return _transaction.IsOpen ? _transaction.Execute(_database, _identity.Protocol, answer) : Error("ERR EXEC without MULTI"u8, answer);
            case RedisRule.Discard:
                if (!_transaction.IsOpen) return Error("ERR DISCARD without MULTI"u8, answer);
                RespWriter.WriteSimple(answer, "OK"u8);
                return _transaction.Drop();
            default:
                if (_transaction.IsOpen) return Refuse($"ERR {fact.Name} is refused inside MULTI: servers do not know this client; send it before MULTI", answer);
                return JudgeOwn(fact, ref arguments, answer, settings);
        }
    }

    /// <summary>What is about the client's own connection.</summary>
    private RequestVerdict JudgeOwn(RedisFact fact, ref RequestArguments arguments, IBufferWriter<byte> answer, ProtocolSettings settings)
    {
        if (fact.Rule == RedisRule.Select) return Select(ref arguments, answer);
        string? error = fact.Rule switch
        {
            RedisRule.Auth => Authenticate(ref arguments, answer, settings),
            RedisRule.Hello => HelloRequest.Answer(ref arguments, ref _identity, settings, answer),
            RedisRule.Accept => Ok(answer),
            _ => ClientAnswers.Answer(fact, ref arguments, ref _identity, ref _replies, _database, answer),
        };
        return error is null ? new() { Action = RequestAction.Answer } : Refuse(error, answer);
    }

    private RequestVerdict Forward(ReplyClass replyClass, IBufferWriter<byte> answer) =>
        _transaction.IsOpen ? _transaction.Queue(replyClass, answer) : new() { Class = replyClass, Database = _database, Protocol = _identity.Protocol };

    /// <summary>An error that spoils a transaction.</summary>
    private RequestVerdict Refuse(string error, IBufferWriter<byte> answer)
    {
        RespWriter.WriteError(answer, error);
        return _transaction.Spoil();
    }

    private RequestVerdict WrongNumber(RedisFact fact, IBufferWriter<byte> answer)
    {
        string wrong = $"wrong number of arguments for '{fact.ErrorName}' command";
        if (fact.Rule != RedisRule.Exec) return Refuse($"ERR {wrong}", answer);
        RespWriter.WriteError(answer, $"EXECABORT Transaction discarded because of: {wrong}");
        return _transaction.Drop();
    }

    /// <summary>An error that spoils nothing.</summary>
    private static RequestVerdict Error(ReadOnlySpan<byte> error, IBufferWriter<byte> answer)
    {
        RespWriter.WriteError(answer, error);
        return new() { Action = RequestAction.Answer };
    }

    private RequestVerdict AnswerInPassing(RedisFact fact, ref RequestArguments arguments, IBufferWriter<byte> answer)
    {
        bool speaks = arguments.TryNext(out var text);
        // It is longer than what can be seen of it; the servers have the whole.
        if (arguments.IsCut) return Forward(fact.Class, answer);
        if (speaks) RespWriter.WriteBulk(answer, text);
        else RespWriter.WriteSimple(answer, fact.Rule == RedisRule.Ping ? "PONG"u8 : "OK"u8);
        return new() { Action = RequestAction.Answer };
    }

    private RequestVerdict Select(ref RequestArguments arguments, IBufferWriter<byte> answer)
    {
        arguments.TryNext(out var text);
        if (!RedisInteger.TryParse(text, out long database)) return Error("ERR value is not an integer or out of range"u8, answer);
        if (database is < int.MinValue or > int.MaxValue)
            return Error("ERR value is out of range, value must between -2147483648 and 2147483647"u8, answer);
        if (database is < 0 or >= DatabasesMax) return Error("ERR DB index is out of range"u8, answer);
        if (database != _database)
        {
            _selects = (int)database;
            return new() { Database = _database, Protocol = _identity.Protocol, Selects = _selects };
        }

        Ok(answer);
        return new() { Action = RequestAction.Answer };
    }

    private string? Authenticate(ref RequestArguments arguments, IBufferWriter<byte> answer, ProtocolSettings settings)
    {
        ReadOnlySpan<byte> user = "default"u8;
        if (arguments.Count > 3) return "ERR syntax error";
        if (arguments.Count == 3) arguments.TryNext(out user);
        else if (settings.ClientPassword.IsEmpty)
        {
            return "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?";
        }

        arguments.TryNext(out var password);
        return _identity.Authenticate(user, password, settings) ?? Ok(answer);
    }

    private RequestVerdict Reset()
    {
        _identity.Reset();
        _replies.Reset();
        _database = 0;
        return _transaction.Drop();
    }

    private static string? Ok(IBufferWriter<byte> answer)
    {
        RespWriter.WriteSimple(answer, "OK"u8);
        return null;
    }

    /// <summary>An error of the protocol, for the log: its code is for clients.</summary>
    private static string Said(ReadOnlySpan<byte> error) => Printable.Of(error["-ERR ".Length..]);

    private static bool IsName(ReadOnlySpan<byte> name) =>
        name.Length is > 0 and <= NameBytesMax && !name.ContainsAnyExceptInRange((byte)'!', (byte)'~');
}
