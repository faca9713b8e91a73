// Whether those who scrape disturb those who are served: ping-pong beside 50 scrapers in a closed loop and 16 who never finish their question, against
// the same storm on another broadcaster of the same machine.
//
// usage: node perf/storm/storm.mjs [ROUNDS]        (default 5; a round takes 12 s; needs artifacts/dynode or DYNODE_BINARY, and redis-server)
//
// The rounds take turns, and the ratio of each round is of two runs beside each other: times are the machine's own.

import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const binary = process.env.DYNODE_BINARY ?? fileURLToPath(new URL('../../artifacts/dynode', import.meta.url));
const runMilliseconds = 5_000, warmMilliseconds = 500;
const clients = 10, requestsPerSecond = 2_000, scrapers = 50, halfOpen = 16;

/** The thread that serves the data plane, by the runtime's name for it. */
const eventThread = '.NET Sockets';

const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));

/** Child: requests due at fixed times, whose wait counts; says how long they took, in microseconds. */
async function pingPong({ port }) {
  const took = [];
  const end = performance.now() + warmMilliseconds + runMilliseconds, counted = performance.now() + warmMilliseconds;
  const between = 1_000 * clients / requestsPerSecond;
  await Promise.all(Array.from({ length: clients }, async (_, i) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    for (let due = performance.now() + between * i / clients; due < end; due += between) {
      const wait = due - performance.now();
      if (wait > 0) await pause(wait);
      // A timer that fires early, or late by more than this, is not the broadcaster's fault.
      const now = performance.now(), from = now < due ? now : Math.max(due, now - 2);
      const answer = once(socket, 'data');
      socket.write('*2\r\n$4\r\nINCR\r\n$1\r\na\r\n');
      await answer;
      if (due >= counted) took.push((performance.now() - from) * 1_000);
    }
    socket.destroy();
  }));
  took.sort((a, b) => a - b);
  process.send({ requests: took.length, p50: took[took.length >> 1], p99: took[Math.floor(took.length * 0.99)] });
}

/** Child: asks on and on, until it is ended; says how often it was answered. */
function scrape({ path }) {
  let answers = 0;
  for (let i = 0; i < scrapers; i++) {
    const ask = () => {
      const socket = connect(path);
      socket.on('connect', () => socket.write('GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'));
      socket.resume().on('end', () => { answers++; }).on('error', () => {}).on('close', () => setImmediate(ask));
    };
    ask();
  }
  const begin = () => connect(path).on('connect', function () { this.write('GET /metr'); }).on('error', () => {}).on('close', () => setTimeout(begin, 1_000));
  for (let i = 0; i < halfOpen; i++) begin();
  process.on('message', () => process.send({ answers }, () => process.exit()));
}

/** User and system time of the data plane's thread, in nanoseconds. */
function dataPlaneTime(pid) {
  return readdirSync(`/proc/${pid}/task`).filter(task => readFileSync(`/proc/${pid}/task/${task}/comm`, 'utf8').trim() === eventThread)
    .reduce((sum, task) => sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]), 0);
}

const free = () => new Promise(resolve => { const holder = createServer().listen(0, '127.0.0.3', () => resolve(holder)); });
const child = (role, what) => fork(fileURLToPath(import.meta.url), [role, JSON.stringify(what)]);
const median = values => values.toSorted((a, b) => a - b)[values.length >> 1];

async function run(measured, stormed) {
  const storm = child('scrape', { path: stormed.path });
  await pause(warmMilliseconds);
  const before = dataPlaneTime(measured.pid), asked = child('pingPong', { port: measured.port });
  const [took] = await once(asked, 'message');
  const cpu = (dataPlaneTime(measured.pid) - before) / 1_000 / (took.requests * (1 + warmMilliseconds / runMilliseconds));
  storm.send('end');
  const [{ answers }] = await once(storm, 'message');
  return { ...took, cpu, answers };
}

async function compare(rounds) {
  const folder = mkdtempSync(join(tmpdir(), 'dynode-storm-'));
  const started = [], holders = [];
  try {
    const place = async () => { const holder = await free(); holders.push(holder); return holder.address().port; };
    const redis = await place();
    started.push(spawn('redis-server', ['--port', `${redis}`, '--bind', '127.0.0.1', '--save', ''], { stdio: 'ignore' }));
    await pause(500);
    const broadcasters = [];
    for (const name of ['one', 'other']) {
      const port = await place(), path = join(folder, name);
      const dynode = spawn(binary, [`servers=127.0.0.1:${redis}`, 'protocol=redis', 'host=127.0.0.1', `port=${port}`, `admin=unix:${path}`, 'log_level=ERROR'].flatMap(set => ['--set', set]), { stdio: 'ignore' });
      started.push(dynode);
      broadcasters.push({ pid: dynode.pid, port, path });
    }

    await pause(1_000);
    const [one, other] = broadcasters;
    const ratios = { p99: [], cpu: [] };
    console.log('| storm on | answers/s | requests | p50 us | p99 us | CPU us a request |\n|---|---|---|---|---|---|');
    for (let round = 0; round < rounds; round++) {
      const [elsewhere, here] = round % 2 === 0 ? [await run(one, other), await run(one, one)] : (await run(one, one).then(async here => [await run(one, other), here]));
      for (const [on, { answers, requests, p50, p99, cpu }] of [['the other', elsewhere], ['it', here]])
        console.log(`| ${on} | ${Math.round(answers / (runMilliseconds + 2 * warmMilliseconds) * 1_000)} | ${requests} | ${Math.round(p50)} | ${Math.round(p99)} | ${cpu.toFixed(1)} |`);
      ratios.p99.push(here.p99 / elsewhere.p99);
      ratios.cpu.push(here.cpu / elsewhere.cpu);
    }

    console.log(`\np99, storm on it / on the other: ${median(ratios.p99).toFixed(2)} (${ratios.p99.map(ratio => ratio.toFixed(2)).join(', ')}); at most 1.5`);
    console.log(`CPU a request of the data plane's thread: ${median(ratios.cpu).toFixed(2)} (${ratios.cpu.map(ratio => ratio.toFixed(2)).join(', ')}); at most 1.1`);
  } finally {
    for (const process of started) process.kill('SIGKILL');
    for (const holder of holders) holder.close();
    rmSync(folder, { recursive: true });
  }
}

const [, , role, what] = process.argv;
if (role === 'pingPong') await pingPong(JSON.parse(what));
else if (role === 'scrape') scrape(JSON.parse(what));
else await compare(Number(role ?? 5));
if (role === 'pingPong') process.exit();
