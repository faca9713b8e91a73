# What is aimed at, and whether it was met, in Markdown. See readings.awk. Of the 64-byte size, but for bulk.

function target(what, reading, limit, below, unit,    verdict) {
    if (reading == "") verdict = "not measured"
    else if (below) verdict = reading + 0 < limit + 0 ? "met" : "not met"
    else verdict = reading + 0 <= limit + 0 ? "met" : "not met"
    printf "| %s | %s %s%s | %s | %s |\n", what, below ? "<" : "<=", limit, unit,
        reading == "" ? "" : sprintf("%.2f", reading) unit, verdict
}

function cell_of(section, protocol, work, size, servers) { return section "|" protocol "|" work "|" size "|" servers }

# The one's cost in parts of the other's.
function cost(what, protocol, work, size, servers, other, what_cost, limit, below) {
    target(what, ratio_of(cell_of(protocol, protocol, work, size, servers), "dynode", other, what_cost), limit, below, " x")
}

function one_of_two(a, b) { return a == "" || b == "" || b == 0 ? "" : a / b }

function most(protocol,    i, c, part, r, list, v, top) {
    for (i = 1; i <= cells; i++) {
        c = cell_name[i]
        split(c, part, "|")
        if (part[1] != protocol || part[5] != 100 || part[3] == "budget") continue
        for (r = 1; r <= rounds; r++)
            if ((c, "dynode", r) in good && value[c, "dynode", r, "peak_kib"] > top) top = value[c, "dynode", r, "peak_kib"] + 0
    }
    return top
}

function memory(protocol,    has, may) {
    has = most(protocol)
    may = median_of(cell_of(protocol, protocol, "budget", 0, 100), "dynode", "value")
    target(protocol ", 100 servers: most resident memory within what --check prints", \
        has == "" || may == "" ? "" : has / 1024, sprintf("%.0f", may / 1048576), 0, " MiB")
}

function throughput(protocol, work,    c, r) {
    c = cell_of(protocol, protocol, work, 64, 100)
    r = ratio_of(c, "floor", "dynode", "throughput")
    target(protocol " " work ", 100 servers: throughput, the floor's in parts of ours", r, 1.5, 0, " x")
}

END {
    print "\n## Targets\n"
    print "| target | bound | read | |"
    print "|---|---|---|---|"
    few = split("1 4 16", server, " ")
    both = split("64 16384", bytes, " ")
    for (k = 1; k <= both; k++) for (i = 1; i <= few; i++)
        cost("raw bulk, " bytes[k] " B, " server[i] " servers: CPU per delivered MiB, of the floor", "raw", "bulk", bytes[k], server[i], "floor", "cpu_mib", 1.15)
    for (i = 1; i <= 2; i++)
        cost("raw ping-pong, " server[i] " servers: CPU per request, of the floor", "raw", "pingpong", 64, server[i], "floor", "cpu", 1.25)
    cost("raw ping-pong, 1 server: of haproxy's", "raw", "pingpong", 64, 1, "haproxy", "cpu", 1, 1)
    cost("raw ping-pong, 1 server: of nginx's", "raw", "pingpong", 64, 1, "nginx", "cpu", 1, 1)
    works = split("pingpong window", work, " ")
    for (k = 1; k <= works; k++) for (i = 1; i <= few; i++)
        cost("redis " work[k] ", " server[i] " servers: CPU per request, of the floor", "redis", work[k], 64, server[i], "floor", "cpu", 1.5)
    cost("redis ping-pong, 1 server: of nutcracker's", "redis", "pingpong", 64, 1, "nutcracker", "cpu", 0.85)
    cost("redis 16 in flight, 1 server: of nutcracker's", "redis", "window", 64, 1, "nutcracker", "cpu", 0.35)
    for (k = 1; k <= works; k++)
        target("redis " work[k] ": CPU per request before 16 servers, of before 1", \
            one_of_two(median_of(cell_of("redis", "redis", work[k], 64, 16), "dynode", "cpu"), \
            median_of(cell_of("redis", "redis", work[k], 64, 1), "dynode", "cpu")), 2, 0, " x")
    cost("lines, 4 servers: CPU per delivered line, of carbon-c-relay's", "line", "bulk", 64, 4, "carbon-c-relay", "cpu_delivered", 1, 1)
    throughput("raw", "bulk")
    throughput("raw", "pingpong")
    throughput("raw", "window")
    throughput("redis", "pingpong")
    throughput("redis", "window")
    throughput("line", "bulk")
    memory("raw")
    memory("redis")
    memory("line")
    for (k = split("raw redis", protocol, " "); k >= 1; k--) for (i = split("1 4 16 100", all, " "); i >= 1; i--)
        target(protocol[3 - k] " at half of the peak, " all[5 - i] " servers: p99, of the floor's", \
            ratio_of(cell_of("half", protocol[3 - k], "pingpong", 64, all[5 - i]), "dynode", "floor", "p99"), 1.3, 0, " x")
    target("raw, 6000 idle clients, 2 servers: each", median_of("idle|raw|6000 clients|64|2", "dynode", "value"), 6, 0, " KiB")
    target("redis, 10000 idle clients, 3 servers: each", median_of("idle|redis|10000 clients|64|3", "dynode", "value"), 2, 0, " KiB")
    target("one of 4 servers down, raw ping-pong: CPU per request, of all up", ratio_of("down|raw|pingpong|64|4", "one down", "all up", "cpu"), 1.1, 0, " x")
    target("one of 4 servers down, redis ping-pong: of all up", ratio_of("down|redis|pingpong|64|4", "one down", "all up", "cpu"), 1.1, 0, " x")
    target("one of 4 servers down, raw bulk: of all up", ratio_of("down|raw|bulk|64|4", "one down", "all up", "cpu"), 1.1, 0, " x")
    target("from exec to listening", median_of("start|raw|exec to listening|0|1", "dynode", "value"), 20, 0, " ms")
    target("the binary", median_of("start|raw|binary|0|1", "dynode", "value"), 8, 0, " MiB")
}
