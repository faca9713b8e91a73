// What a broadcaster answers at /status, made up: the same at the same second, so that a picture of it is the same twice.

const KiB = 1024;
const MiB = 1024 * KiB;

/** A server that is well; others are told by what differs. */
function server(address, t, differs = {}) {
  return {
    address, source: 'file', order: 'enabled', state: 'current', since_seconds: 86_400 + t, votes: true, primary: false, connections: 1,
    lag: { requests: 2 + t % 3, bytes: 86 * (2 + t % 3), seconds: 0.0004 }, catch_up_seconds: null, overflow_seconds: null, in_flight: 2 + t % 3, gap: null,
    sent_bytes: 7_920_742_373 + t * 580_608, replied_bytes: 921_016_555 + t * 59_000, connects: 1, connect_failures: 0, lost: 0, repeats: 0, repeated_bytes: 0,
    unacknowledged_bytes: 0, dropped: { requests: 0, bytes: 0, by: {} }, divergences: 0, withdrawals: 0, ejections: 0, last_error: null,
    next_attempt_seconds: null, ...differs,
  };
}

function rate(t) {
  return 11_800 + 2_100 * Math.sin(t / 17) + 900 * Math.sin(t / 5) + (t % 7) * 60;
}

/** reply=primary: one server catches up, one is down, one has a gap, two are well. */
export function framed(t = 0) {
  const late = Math.max(40, 48_211 - 150 * t);
  return {
    schema: 1, version: '1.2.0', pid: 71, protocol: 'redis', reply: 'primary', listen: ['0.0.0.0:9000'], state: 'serving', ready: true, not_ready: [],
    started: '2026-11-26T17:10:00.000Z', uptime_seconds: 183_000.2 + t, sampled_seconds_ago: 0.3,
    requests: { number: 184_203_311 + 11_800 * t, rate: rate(t), in_flight: 38 + t % 14, in_flight_max: 65_536, p50_seconds: 0.0004, p99_seconds: 0.0031, slow: 14 },
    clients: {
      connected: 412, max: 10_000, held: 0, lingering: 0, accepted: 91_022, refused: 3,
      shown: [
        { id: 17, address: '10.1.4.20:51022', age_seconds: 4_200 + t, requests: 912_004 + 31 * t, received_bytes: 44 * MiB, relayed_bytes: 210 * MiB, owed_requests: 61, owed_bytes: 88_211, held: false },
        { id: 21, address: '10.1.4.31:40110', age_seconds: 61_000 + t, requests: 5_120_441 + 90 * t, received_bytes: 240 * MiB, relayed_bytes: 24 * MiB, owed_requests: 2, owed_bytes: 312, held: false },
        { id: 40, address: '10.1.9.8:33001', age_seconds: 12 + t, requests: 3, received_bytes: 141, relayed_bytes: 15, owed_requests: 0, owed_bytes: 0, held: false },
      ],
    },
    bytes: { received: 8_657_555_617 + 555_000 * t, relayed: 921_016_555 + 59_000 * t, received_rate: 47 * rate(t), relayed_rate: 5 * rate(t) },
    memory: { max: 1024 * MiB, used: 61 * MiB, backlog: 44 * MiB, replies: 11 * MiB, requests: 6 * MiB, peak: 90 * MiB },
    log: { first: 184_000_000, next: 184_203_312, bytes: 44 * MiB, bytes_max: 64 * MiB },
    servers: [
      server('fra-1.example:6379', t, { primary: true }),
      server('iad-1.example:6379', t, { repeats: 1 }),
      server('nrt-1.example:6379', t, {
        state: 'catching_up', votes: false, since_seconds: 31 + t, lag: { requests: late, bytes: late * 230, seconds: late / 11_800 }, catch_up_seconds: late / 1_250, in_flight: 1_310, repeats: 212,
      }),
      server('gru-1.example:6379', t, {
        state: 'down', votes: false, since_seconds: 60 + t, lag: { requests: 163_204 + 900 * t, bytes: 31 * MiB + 40_000 * t, seconds: 60 + t }, overflow_seconds: Math.max(1, 560 - t), in_flight: 0,
        sent_bytes: 7_820_742_373, connect_failures: 9, lost: 1, last_error: 'connection refused', next_attempt_seconds: 4.2,
      }),
      server('syd-1.example:6379', t, {
        votes: false, since_seconds: 3_000 + t, divergences: 2, gap: { reason: 'Backlog', first: 184_011_902 }, dropped: { requests: 5_180, bytes: 1_153_434, by: { backlog: 5_180 } }, source: 'runtime',
      }),
    ],
    membership: { source: 'file', age_seconds: 4, kept_from_disk: false, last_fault: null },
    events: [
      { time: '2026-11-28T20:14:07.120Z', level: 'WARN', id: 1301, text: 'server gru-1.example:6379 is down: connection refused; again in 4.2 s' },
      { time: '2026-11-28T20:13:40.003Z', level: 'WARN', id: 1410, text: 'servers differ on request 184190022: fra-1.example:6379 and syd-1.example:6379' },
      { time: '2026-11-28T19:58:02.871Z', level: 'ERROR', id: 1310, text: 'dropped for server syd-1.example:6379: 5,180 requests, 1.1 MiB, reason Backlog' },
    ],
  };
}

/** Everybody is current. */
export function well(t = 0) {
  const answer = framed(t);
  answer.servers = ['a', 'b', 'c'].map((name, i) => server(`${name}.example:6379`, t, { primary: i === 0 }));
  return { ...answer, events: [], clients: { ...answer.clients, shown: [] } };
}

/** With an ordered log, which is read; one server is another broadcaster's. */
export function ordered(t = 0) {
  const answer = framed(t);
  const last = 18_420_331 + 900 * t;
  answer.ordered_log = {
    state: 'reading', stands_still: false, why: '', stream: 'orders', identity: '00c0ffee00c0ffee', server: 'nats-1.example:4222', leader: 'nats-2', where: 'nats-server 2.12.7 at nats-1.example:4222, leader nats-2, 3 replicas',
    round_trip_seconds: 0.0125, last, placed: last - 3, lag: 3, waiting: 41, in_flight: 5, in_flight_max: 8, place_p50_seconds: 0.0141, place_p99_seconds: 0.052, parcels: 9_000, parcel_requests: 118_000,
    sent_again: 2, not_kept: 0, not_kept_untold: 0, unknown: 0, counted: last - 1, turned_away: { doubled: 1, hole: 1, closed: 0 }, damaged: 0, gaps_pulled: 1, leader_changes: 1, lanes: 2,
  };
  answer.servers.forEach((one, i) => { one.place = { claim: 'held', who: '', number: last - 3 - 400 * i, lag: 3 + 400 * i }; });
  Object.assign(answer.servers[2], { from_stream: true, watermark: { number: last - 803, index: 0, epoch: 3, mode: 'careful', batch_aborts: 1, repeats_avoided: 0, fences_lost: 0 } });
  Object.assign(answer.servers[3], { state: 'connecting', last_error: null, next_attempt_seconds: null, place: { claim: 'taken', who: 'gru-2, port 9000, process 71', number: null, lag: null } });
  return answer;
}

/** The same, away since before anything was known of it. */
export function away(t = 0) {
  const answer = ordered(t);
  Object.assign(answer, { ready: false, not_ready: ['the log is away: connection refused'] });
  Object.assign(answer.ordered_log, {
    state: 'away', why: 'the log is away: connection refused', stream: '', server: '', leader: '', where: '', round_trip_seconds: null, place_p50_seconds: null, place_p99_seconds: null, last: 0, placed: 0, lag: 0,
    parcels: 0, parcel_requests: 0, not_kept: 12, unknown: 1, in_flight: 0, leader_changes: 0,
  });
  for (const one of answer.servers) one.place = { claim: 'asked', who: '', number: null, lag: null };
  return answer;
}

/** reply=none: nobody votes, no client waits. */
export function silent(t = 0) {
  const answer = framed(t);
  answer.reply = 'none';
  for (const one of answer.servers) Object.assign(one, { votes: null, primary: null });
  Object.assign(answer.requests, { p50_seconds: null, p99_seconds: null });
  return answer;
}

/** raw knows bytes and sessions, and no requests. */
export function raw(t = 0) {
  const answer = framed(t);
  Object.assign(answer, { protocol: 'raw', reply: 'first', requests: null, log: null });
  for (const one of answer.servers) {
    Object.assign(one, { votes: null, primary: null, gap: null, in_flight: null, divergences: null, withdrawals: null });
    Object.assign(one, { lag: { ...one.lag, requests: null }, overflow_seconds: null });
  }
  for (const one of answer.clients.shown) Object.assign(one, { requests: null, owed_requests: null });
  return answer;
}

/** raw before the first client: it has not tried to reach a server. */
export function unused(t = 0) {
  const answer = raw(t);
  Object.assign(answer.clients, { connected: 0, shown: [] });
  for (const one of answer.servers) Object.assign(one, { state: 'connecting', connections: 0, lag: { requests: null, bytes: 0, seconds: null }, dropped: { requests: 0, bytes: 0, by: {} }, last_error: null });
  return { ...answer, events: [] };
}

/** The least that an answer holds: lists that are empty or not there, and nothing that may be null. */
export function least(t = 0) {
  const answer = well(t);
  delete answer.clients.shown;
  Object.assign(answer.membership, { age_seconds: null });
  delete answer.membership.kept_from_disk;
  Object.assign(answer.requests, { p50_seconds: null, p99_seconds: null });
  delete answer.requests.slow;
  for (const one of answer.servers) one.lag.seconds = null;
  return answer;
}

/** All that comes from outside holds markup, and an address as long as one can be. */
export const markup = '<img src=x onerror=alert(1)>';
export function hostile(t = 0) {
  const answer = ordered(t);
  const address = '<img/src=x/onerror=alert(1)>:6379';
  answer.servers[0].address = markup;
  Object.assign(answer.servers[3], { address: `${'longname'.repeat(31)}:6379`, last_error: `<script>alert(1)</script>${markup}` });
  answer.servers[2].address = address;
  answer.servers[4].gap.reason = markup;
  answer.clients.shown[0].address = markup;
  answer.events[0].text = `${markup}${'<b>bold</b>'.repeat(40)}`;
  answer.listen = [markup];
  answer.version = markup;
  answer.not_ready = [markup];
  Object.assign(answer.membership, { last_fault: markup });
  Object.assign(answer.ordered_log, { state: markup, why: markup, stream: markup, server: `${'longname'.repeat(31)}:4222`, leader: markup, where: markup });
  answer.servers[1].place = { claim: markup, who: `${markup}${'x'.repeat(300)}`, number: null, lag: null };
  return answer;
}

/** As many servers as there may be; a few of them are behind, and other ones a second later. */
export function crowd(t = 0, number = 1_024) {
  const answer = well(t);
  answer.servers = Array.from({ length: number }, (_, i) => {
    const one = server(`10.0.${i >> 8}.${i & 255}:6379`, 0, { primary: i === 0 });
    one.sent_bytes += t * 1_000;
    if ((i + t) % 100 !== 7) return one;
    return { ...one, state: 'catching_up', votes: false, lag: { requests: 900 + i, bytes: 9_000 + 90 * i, seconds: 2 }, catch_up_seconds: 3, in_flight: 40 };
  });
  return answer;
}
