# What is aimed at, and whether it was met, in Markdown. See readings.awk. Of the 64-byte size, but for bulk; what was not
# read is counted alone.

function target(what, reading, limit, below, unit,    met) {
    if (reading == "") {
        missing++
        return
    }
    met = below ? reading + 0 < limit + 0 : reading + 0 <= limit + 0
    printf "| %s | %s %s%s | %.2f%s | %s |\n", what, below ? "<" : "<=", limit, unit, reading, unit, met ? "met" : "not met"
}

function cell_of(section, protocol, work, size, servers) { return section "|" protocol "|" work "|" size "|" servers }

# The one's cost in parts of the other's.
function cost(what, protocol, work, size, servers, other, what_cost, limit, below) {
    target(what, ratio_of(cell_of(protocol, protocol, work, size, servers), "dynode", other, what_cost), limit, below, " x")
}

function one_of_two(a, b) { return a == "" || b == "" || b == 0 ? "" : a / b }

# The most that dynode took in any run before 100 servers.
function peak(protocol,    i, c, part, r, top) {
    for (i = 1; i <= cells; i++) {
        c = cell_name[i]
        split(c, part, "|")
        if (part[1] != protocol || part[5] != 100 || part[3] == "budget") continue
        for (r = 1; r <= rounds; r++)
            if ((c, "dynode", r) in good && value[c, "dynode", r, "peak_kib"] + 0 > top + 0) top = value[c, "dynode", r, "peak_kib"]
    }
    return top
}

function memory(protocol,    has, may) {
    has = peak(protocol)
    may = median_of(cell_of(protocol, protocol, "budget", 0, 100), "dynode", "value")
    target(protocol ", 100 servers: most resident memory, within what --check prints", \
        has == "" || may == "" ? "" : has / 1024, sprintf("%.0f", may / 1048576), 0, " MiB")
}

function throughput(protocol, work) {
    target(protocol " " work ", 100 servers: the floor's throughput over dynode's", \
        ratio_of(cell_of(protocol, protocol, work, 64, 100), "floor", "dynode", "throughput"), 1.5, 0, " x")
}

# Where the floor itself could not hold the rate, the machine was busy, and the latencies are not ours.
function half(protocol, servers,    c, held) {
    c = cell_of("half", protocol, "pingpong", 64, servers)
    held = median_of(c, "floor", "throughput")
    if (held != "" && held < 0.9 * median_of(c, "floor", "rate")) {
        printf "| %s at half of the peak, N=%s: p99, of the floor | <= 1.3 x | | not read: the floor did not hold the rate |\n", protocol, servers
        return
    }
    target(protocol " at half of the peak, N=" servers ": p99, of the floor", ratio_of(c, "dynode", "floor", "p99"), 1.3, 0, " x")
}

END {
    print "\n## Targets\n"
    print "| target | bound | read | |"
    print "|---|---|---|---|"
    split("64 16384", bytes, " ")
    split("1 4 16 100", server, " ")
    split("pingpong window", work, " ")
    for (k = 1; k <= 2; k++) for (i = 1; i <= 3; i++)
        cost("raw bulk, " bytes[k] " B, N=" server[i] ": CPU per delivered MiB, of the floor", "raw", "bulk", bytes[k], server[i], "floor", "cpu_mib", 1.15)
    for (i = 1; i <= 2; i++)
        cost("raw pingpong, N=" server[i] ": CPU per request, of the floor", "raw", "pingpong", 64, server[i], "floor", "cpu", 1.25)
    cost("raw pingpong, N=1: CPU per request, of haproxy", "raw", "pingpong", 64, 1, "haproxy", "cpu", 1, 1)
    cost("raw pingpong, N=1: CPU per request, of nginx", "raw", "pingpong", 64, 1, "nginx", "cpu", 1, 1)
    for (k = 1; k <= 2; k++) for (i = 1; i <= 3; i++)
        cost("redis " work[k] ", N=" server[i] ": CPU per request, of the floor", "redis", work[k], 64, server[i], "floor", "cpu", 1.5)
    cost("redis pingpong, N=1: CPU per request, of nutcracker", "redis", "pingpong", 64, 1, "nutcracker", "cpu", 0.85)
    cost("redis window, N=1: CPU per request, of nutcracker", "redis", "window", 64, 1, "nutcracker", "cpu", 0.35)
    for (k = 1; k <= 2; k++)
        target("redis " work[k] ", N=16: CPU per request, of N=1", \
            one_of_two(median_of(cell_of("redis", "redis", work[k], 64, 16), "dynode", "cpu"), \
            median_of(cell_of("redis", "redis", work[k], 64, 1), "dynode", "cpu")), 2, 0, " x")
    cost("lines, N=4: CPU per delivered line, of carbon-c-relay", "line", "bulk", 64, 4, "carbon-c-relay", "cpu_delivered", 1, 1)
    throughput("raw", "bulk")
    for (k = 1; k <= 2; k++) throughput("raw", work[k])
    for (k = 1; k <= 2; k++) throughput("redis", work[k])
    throughput("line", "bulk")
    memory("raw")
    memory("redis")
    memory("line")
    for (i = 1; i <= 4; i++) half("raw", server[i])
    for (i = 1; i <= 4; i++) half("redis", server[i])
    target("raw, 6000 idle clients, N=2: each", median_of("idle|raw|6000 clients|64|2", "dynode", "value"), 6, 0, " KiB")
    target("redis, 10000 idle clients, N=3: each", median_of("idle|redis|10000 clients|64|3", "dynode", "value"), 2, 0, " KiB")
    target("raw pingpong, one of 4 down: CPU per request, of all up", ratio_of("down|raw|pingpong|64|4", "one down", "all up", "cpu"), 1.1, 0, " x")
    target("redis pingpong, one of 4 down: CPU per request, of all up", ratio_of("down|redis|pingpong|64|4", "one down", "all up", "cpu"), 1.1, 0, " x")
    target("raw bulk, one of 4 down: CPU per request, of all up", ratio_of("down|raw|bulk|64|4", "one down", "all up", "cpu"), 1.1, 0, " x")
    for (k = 1; k <= 2; k++) for (i = 1; i <= 3; i++)
        target("redis " work[k] ", N=" server[i] ", all clients in RESP3: CPU per request, of all in RESP2", \
            ratio_of("resp3|redis|" work[k] "|64|" server[i], "all RESP3", "all RESP2", "cpu"), 1.02, 0, " x")
    target("from exec to listening", median_of("start|raw|exec to listening|0|1", "dynode", "value"), 20, 0, " ms")
    target("the binary", median_of("start|raw|binary|0|1", "dynode", "value"), 8, 0, " MiB")
    if (missing > 0) print "\n" missing " others were not read."
}
