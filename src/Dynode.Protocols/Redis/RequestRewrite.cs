using System.Buffers;

namespace Dynode.Protocols.Redis;

/// <summary>
/// What servers are sent in place of what a client has sent: a cursor without the mark that says whose it is; with <see cref="ProtocolSettings.SendsScripts"/> a script in place of its hash.
/// One client's, request by request.
/// </summary>
/// <param name="scripts">That clients have sent.</param>
internal struct RequestRewrite(ScriptBodies scripts)
{
    /// <summary>What redis says.</summary>
    public const string NoScript = "NOSCRIPT No matching script. Please use EVAL.";

    private byte[]? _body;
    private bool _isReadOnly;
    private int _cursorAt;

    /// <summary>The request that is judged has a cursor there.</summary>
    /// <param name="argument">Its name being 0.</param>
    public void HasCursor(int argument) => _cursorAt = argument;

    /// <summary>Looks at a request that has to do with scripts: what there is to be learned of it, or what it lacks.</summary>
    /// <param name="fact">Its name.</param>
    /// <param name="arguments">From its name on.</param>
    /// <param name="answer">For what is answered here.</param>
    /// <param name="isInTransaction">It is put by, and not done yet.</param>
    /// <param name="refusal">Why it goes nowhere; null: it does.</param>
    /// <returns>False: it is answered.</returns>
    public bool TryTakeScript(RedisFact fact, RequestArguments arguments, IBufferWriter<byte> answer, bool isInTransaction, out string? refusal)
    {
        refusal = null;
        switch (fact.Name)
        {
            case "EVAL" or "EVAL_RO" or "SCRIPT LOAD":
                if (Skip(ref arguments, fact.Name == "SCRIPT LOAD" ? 2 : 1) && arguments.TryNext(out var body)) scripts.Learn(body);
                return true;
            case "EVALSHA" or "EVALSHA_RO":
                // Of one that is not whole here the rest could not be sent behind another beginning: its client sends the script then.
                if (IsWhole(arguments) && Skip(ref arguments, 1) && arguments.TryNext(out var hash) && scripts.TryFind(hash, out _body)) _isReadOnly = fact.Name == "EVALSHA_RO";
                else refusal = arguments.Count < 3 ? null : NoScript;
                return true;
            case "SCRIPT FLUSH":
                scripts.Clear();
                return true;
            case "SCRIPT EXISTS" when !isInTransaction && arguments.Count > 2 && IsWhole(arguments):
                Skip(ref arguments, 2);
                RespWriter.WriteArrayHeader(answer, arguments.Count - 2);
                while (arguments.TryNext(out hash)) answer.Write(scripts.TryFind(hash, out _) ? ":1\r\n"u8 : ":0\r\n"u8);
                return false;
            default:
                return true;
        }
    }

    /// <summary>Writes what is sent.</summary>
    /// <param name="verdict">Of the request.</param>
    /// <param name="transaction">Its client's.</param>
    /// <param name="request">Its first bytes, or all.</param>
    /// <param name="scratch">Takes it; <paramref name="request"/> may lie there, in place of what came.</param>
    public RequestVerdict Apply(RequestVerdict verdict, ref RedisTransaction transaction, ReadOnlySpan<byte> request, RequestScratch scratch)
    {
        if (_cursorAt > 0) return GoOn(verdict, ref transaction, request, scratch);
        if (_body is not { } body) return verdict;
        _body = null;
        if (verdict.Action is not (RequestAction.Forward or RequestAction.Collect)) return verdict;
        var arguments = new RequestArguments(request);
        Skip(ref arguments, 2);
        var room = scratch.Second;
        RespWriter.WriteArrayHeader(room, arguments.Count);
        RespWriter.WriteBulk(room, _isReadOnly ? "EVAL_RO"u8 : "EVAL"u8);
        RespWriter.WriteBulk(room, body);
        room.Write(arguments.Rest);
        scratch.Replace();
        return verdict;
    }

    /// <summary>Whose cursor it goes on from, which its server must not see.</summary>
    private RequestVerdict GoOn(RequestVerdict verdict, ref RedisTransaction transaction, ReadOnlySpan<byte> request, RequestScratch scratch)
    {
        int at = _cursorAt;
        _cursorAt = 0;
        var arguments = new RequestArguments(request);
        if (!Skip(ref arguments, at) || !arguments.TryNext(out var text) || !RedisCursor.TryRead(text, out ulong own, out int origin)) return verdict;
        int cursor = origin > 0 ? origin : own == 0 ? RequestVerdict.CursorBegins : RequestVerdict.CursorUnknown;
        if (origin > 0)
        {
            if (!RedisCursor.TryUnmark(request, at, own, scratch.Second)) return verdict with { Cursor = RequestVerdict.CursorUnknown };
            scratch.Replace();
        }

        if (verdict.Action == RequestAction.Collect) transaction.GoOn(cursor);
        return verdict.Action == RequestAction.Forward ? verdict with { Cursor = cursor } : verdict;
    }

    private static bool Skip(ref RequestArguments arguments, int count)
    {
        for (; count > 0; count--)
        {
            if (!arguments.TryNext(out _)) return false;
        }

        return true;
    }

    private static bool IsWhole(RequestArguments arguments) => Skip(ref arguments, arguments.Count);
}
