using System.Globalization;
using Dynode.TestKit;

namespace Dynode.AotCheck;

/// <summary>What a broadcaster's control socket says, by a stand-in.</summary>
internal static class ControlAnswers
{
    /// <summary>Two servers, one of them down, and some clients.</summary>
    public static ControlServer Answering(this ControlServer server, string version = "1.2.0", int clients = 60)
    {
        string list = string.Join(',', Enumerable.Range(1, clients).Select(id => string.Create(
            CultureInfo.InvariantCulture, $$"""{"id":{{id}},"address":"10.0.0.9:{{50000 + id}}","age_seconds":{{id}},"requests":1,"received_bytes":1,"relayed_bytes":1,"owed_requests":3,"owed_bytes":120,"held":false}""")));
        return server
            .Answer("/status", $$"""
                {"schema":1,"version":"{{version}}","pid":71,"protocol":"redis","reply":"primary","listen":["0.0.0.0:9000"],"state":"serving","ready":true,"not_ready":[],
                 "uptime_seconds":60,"sampled_seconds_ago":0,"requests":{"rate":11800,"in_flight":42,"in_flight_max":65536,"p50_seconds":0.0004,"p99_seconds":0.0031,"slow":14},
                 "clients":{"connected":412,"max":10000,"held":0,"lingering":0,"refused":3},"bytes":{"received":1,"relayed":1,"received_rate":1,"relayed_rate":1},
                 "servers":[{"address":"10.0.0.1:6379","order":"enabled","state":"current","since_seconds":31,"votes":true,"primary":true,"lag":{"requests":0,"bytes":0,"seconds":0},"gap":null},
                            {"address":"10.0.0.2:6379","order":"enabled","state":"down","since_seconds":31,"votes":false,"primary":false,"lag":{"requests":9,"bytes":1,"seconds":1},"gap":null,"last_error":"\u001b[2Jrefused"}],
                 "membership":{"source":"file","age_seconds":4,"kept_from_disk":false,"last_fault":null},"events":[]}
                """)
            .Answer("/clients", $$"""{"schema":1,"total":{{clients}},"clients":[{{list}}]}""");
    }
}
