# The tables of a comparison, in Markdown. See readings.awk.

function number(v) {
    if (v == "") return ""
    if (v + 0 >= 1000) return sprintf("%.0f", v)
    return v + 0 >= 100 ? sprintf("%.1f", v) : sprintf("%.2f", v)
}

function heading(section) {
    if (section == "half") return "Half of the peak: ping-pong at a fixed rate"
    if (section == "down") return "dynode before four servers, one of them down"
    if (section == "resp3") return "Clients of RESP2 and RESP3"
    if (section == "idle") return "Idle clients"
    if (section == "start") return "Start"
    return section
}

# Whom the ratios are of.
function beside(section) { return section == "down" ? "all up" : section == "resp3" ? "all RESP2" : "floor" }

function title(c, s,    part, rate) {
    split(c, part, "|")
    if (part[1] == "half") rate = " at " median_of(c, s, "rate") "/s"
    return part[2] " " part[3] rate " | " part[4] " | " part[5]
}

# The loads: a line for each cell and subject.
function load_line(c, s,    other, part, note) {
    split(c, part, "|")
    if ((c, s) in failed) {
        note = "ERROR in " failed[c, s] " of " rounds ": " message[c, s]
        gsub(/\|/, "/", note)
        print "| " title(c, s) " | " s " | " note " | | | | | | | | | |"
        return
    }
    other = beside(part[1])
    printf "| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |\n", title(c, s), s,
        number(median_of(c, s, "cpu")), number(median_of(c, s, "cpu_delivered")),
        part[3] == "bulk" ? number(median_of(c, s, "cpu_mib")) : "", number(ratio_of(c, s, other, "cpu")),
        number(median_of(c, s, "throughput")), number(ratio_of(c, s, other, "throughput")),
        part[3] == "bulk" ? "" : number(median_of(c, s, "p50")), part[3] == "bulk" ? "" : number(median_of(c, s, "p99")),
        part[3] == "bulk" ? "" : number(median_of(c, s, "p999")), number(median_of(c, s, "peak_kib"))
}

function load_table(section,    i, j, other) {
    other = beside(section)
    print "\n## " heading(section) "\n"
    print "| work | size | servers | subject | CPU us/request | CPU us/delivered | CPU us/delivered MiB | x " other \
        " | requests/s | x " other " | p50 us | p99 us | p99.9 us | peak KiB |"
    print "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
    for (i = 1; i <= cells; i++) {
        if (index(cell_name[i], section "|") != 1 || cell_name[i] ~ /\|budget\|/) continue
        for (j = 1; j <= subjects[cell_name[i]]; j++) load_line(cell_name[i], subject_name[cell_name[i], j])
    }
}

function value_table(section, unit,    i, c, part, v) {
    print "\n## " heading(section) "\n"
    print "| of | servers | median |"
    print "|---|---|---|"
    for (i = 1; i <= cells; i++) {
        c = cell_name[i]
        if (index(c, section "|") != 1) continue
        split(c, part, "|")
        v = (c, "dynode") in failed ? "ERROR: " message[c, "dynode"] : number(median_of(c, "dynode", "value"))
        if (section == "start") unit = part[3] == "binary" ? "MiB" : "ms"
        print "| " (section == "start" ? "" : part[2] " ") part[3] " | " part[5] " | " v " " unit " |"
    }
}

END {
    count = split("raw redis line resp3 half down idle start", section, " ")
    for (k = 1; k <= count; k++) {
        known = 0
        for (i = 1; i <= cells; i++) known += index(cell_name[i], section[k] "|") == 1
        if (!known) continue
        if (section[k] == "idle" || section[k] == "start") value_table(section[k], "KiB each")
        else load_table(section[k])
    }
}
