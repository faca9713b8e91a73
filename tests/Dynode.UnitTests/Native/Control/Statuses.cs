namespace Dynode.UnitTests.Native.Control;

/// <summary>Answers as a broadcaster gives them: framed, raw, and where nobody answers clients.</summary>
internal static class Statuses
{
    public const string Framed = """
        { "schema":1, "version":"1.2.0", "pid":71, "protocol":"redis", "reply":"primary", "listen":["0.0.0.0:9000"],
          "state":"serving", "ready":true, "not_ready":[], "started":"2026-11-28T20:00:00.000Z", "uptime_seconds":183000.2, "sampled_seconds_ago":0.0,
          "requests":{"number":184203311,"rate":11800.0,"in_flight":42,"in_flight_max":65536,"p50_seconds":0.0004,"p99_seconds":0.0031,"slow":14},
          "clients":{"connected":412,"max":10000,"held":0,"lingering":0,"accepted":91022,"refused":3,"shown":[]},
          "bytes":{"received":1048576,"relayed":2048,"received_rate":1572864.0,"relayed_rate":1.0},
          "memory":{"max":1073741824,"used":107374182,"backlog":1,"replies":1,"requests":1,"peak":1}, "log":{"first":1,"next":1200,"bytes":33554432,"bytes_max":67108864},
          "servers":[
            {"address":"10.0.0.1:6379","source":"file","order":"enabled","state":"current","since_seconds":31.0,"votes":true,"primary":true,"connections":1,
             "lag":{"requests":0,"bytes":0,"seconds":0.0},"catch_up_seconds":null,"overflow_seconds":null,"in_flight":3,"gap":null,
             "dropped":{"requests":0,"bytes":0,"by":{"backlog":0}},"divergences":0,"last_error":null,"next_attempt_seconds":null },
            {"address":"10.0.0.2:6379","source":"file","order":"enabled","state":"catching_up","since_seconds":200.0,"votes":false,"primary":false,"connections":1,
             "lag":{"requests":12345,"bytes":1572864,"seconds":3.2},"catch_up_seconds":12.0,"overflow_seconds":null,"in_flight":3,"gap":null,
             "dropped":{"requests":0,"bytes":0,"by":{}},"last_error":null },
            {"address":"10.0.0.3:6379","source":"url","order":"enabled","state":"down","since_seconds":90061.0,"votes":false,"primary":false,"connections":0,
             "lag":{"requests":99,"bytes":100,"seconds":7.0},"catch_up_seconds":-1,"overflow_seconds":60.0,"in_flight":0,"gap":{"reason":"Backlog","first":184011902},
             "dropped":{"requests":5,"bytes":10,"by":{"backlog":5}},"last_error":"connection refused","next_attempt_seconds":2.5 }],
          "membership":{"source":"file+url","age_seconds":4.0,"kept_from_disk":false,"last_fault":null},
          "events":[{"time":"2026-11-28T20:00:00.123Z","level":"WARN","id":1301,"text":"server 10.0.0.3:6379 is down"}], "of_a_later_version":{"x":[1]} }
        """ + "\n";

    public const string Raw = """
        { "schema":1, "version":"1.2.0", "pid":71, "protocol":"raw", "reply":"all", "listen":["0.0.0.0:9000"], "state":"serving", "ready":true, "not_ready":[],
          "uptime_seconds":3.0, "sampled_seconds_ago":0.3, "requests":null, "clients":{"connected":1,"max":10,"held":0,"lingering":2,"accepted":1,"refused":0,"shown":[]},
          "bytes":{"received":1,"relayed":1,"received_rate":1.0,"relayed_rate":1.0}, "memory":{"max":1024,"used":1,"backlog":1,"replies":1,"requests":1,"peak":1}, "log":null,
          "servers":[{"address":"a:1","source":"file","order":"enabled","state":"current","since_seconds":1.0,"votes":null,"primary":null,"connections":1,
            "lag":{"requests":0,"bytes":5,"seconds":0.5},"catch_up_seconds":1.0,"overflow_seconds":null,"in_flight":null,"gap":null,"dropped":{"requests":0,"bytes":7,"by":{}},"last_error":null}],
          "membership":{"source":"file","age_seconds":1.0,"kept_from_disk":false,"last_fault":null}, "events":[] }
        """ + "\n";

    /// <summary>With an ordered log: one server is this broadcaster's, the other one another's.</summary>
    public static string Ordered(string log) => $$"""
        {"schema":1, "protocol":"redis", "reply":"primary", "listen":[], "state":"serving", "ready":true, "not_ready":[], "ordered_log":{{log}},
          "servers":[
            {"address":"10.0.0.1:6379","order":"enabled","state":"current","votes":true,"primary":true,"lag":{"requests":0,"bytes":0,"seconds":0.0},"gap":null,
             "place":{"claim":"held","who":"","number":184203,"lag":2} },
            {"address":"10.0.0.2:6379","order":"enabled","state":"connecting","votes":false,"primary":false,"lag":{"requests":0,"bytes":0,"seconds":0.0},"gap":null,
             "place":{"claim":"taken","who":"fra-2, port 9000, process \u001b[31m7","number":null,"lag":null} }]}
        """ + "\n";

    /// <summary>With servers of these states.</summary>
    public static string With(params (string Address, string State)[] servers) => Of(true, "[]", 0, servers);

    public static string Of(bool isReady, string notReady, double sampled, params (string Address, string State)[] servers) =>
        $$"""{"schema":1,"ready":{{(isReady ? "true" : "false")}},"not_ready":{{notReady}},"state":"serving","sampled_seconds_ago":{{FormattableString.Invariant($"{sampled}")}},"servers":[{{string.Join(',', servers.Select(server =>
            $$"""{"address":"{{server.Address}}","state":"{{server.State}}","order":"enabled","votes":true,"gap":null,"last_error":null}"""))}}]}""" + "\n";
}
