# Reads the rows of a comparison, for the awk programs beside it. A cell is named "section|protocol|work|size|servers"; a
# metric is a column, or one of those that metric() makes of columns.
BEGIN { FS = "\t" }
NR == 1 {
    for (i = 1; i <= NF; i++) column[$i] = i
    next
}
{
    c = $1 "|" $2 "|" $3 "|" $4 "|" $5
    s = $6
    r = $7
    if (!(c in cell_known)) {
        cell_known[c] = 1
        cell_name[++cells] = c
    }
    if (!((c, s) in subject_known)) {
        subject_known[c, s] = 1
        subject_name[c, ++subjects[c]] = s
    }
    if (r + 0 > rounds) rounds = r + 0
    if ($8 == "ERROR") {
        failed[c, s]++
        message[c, s] = $column["message"]
        next
    }
    good[c, s, r] = 1
    for (name in column) value[c, s, r, name] = $column[name]
}

function metric(c, s, r, what) {
    if (what == "cpu") return value[c, s, r, "cpu_us"] / value[c, s, r, "requests"]
    if (what == "cpu_delivered") return value[c, s, r, "cpu_us"] / value[c, s, r, "delivered"]
    if (what == "cpu_mib") return value[c, s, r, "cpu_us"] / (value[c, s, r, "delivered_bytes"] / 1048576)
    if (what == "throughput") return value[c, s, r, "requests"] / value[c, s, r, "wall_us"] * 1e6
    return value[c, s, r, what] + 0
}

# Of list[1..n]; sorts it. There is no sort in every awk.
function median(list, n,    i, j, v) {
    for (i = 2; i <= n; i++) {
        v = list[i]
        for (j = i - 1; j >= 1 && list[j] > v; j--) list[j + 1] = list[j]
        list[j + 1] = v
    }
    return n == 0 ? "" : n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

# A cell with an ERROR has no figures.
function median_of(c, s, what,    r, n, list) {
    if ((c, s) in failed) return ""
    for (r = 1; r <= rounds; r++) if ((c, s, r) in good) list[++n] = metric(c, s, r, what)
    return median(list, n + 0)
}

# The median of the rounds' own ratios: both were read next to each other there.
function ratio_of(c, s, other, what,    r, n, list) {
    if ((c, s) in failed || (c, other) in failed) return ""
    for (r = 1; r <= rounds; r++) {
        if (!((c, s, r) in good) || !((c, other, r) in good) || metric(c, other, r, what) == 0) continue
        list[++n] = metric(c, s, r, what) / metric(c, other, r, what)
    }
    return median(list, n + 0)
}
