// What clients by TLS cost, beside haproxy and nginx, which do the same for one server of redis: CPU time of a request, memory of a client, and whether those who
// only shake hands disturb those who are served.
//
// usage: node perf/tls/tls.mjs [ROUNDS]        (default 5; a round takes half a minute, the memory two minutes and a half)
//
// Needs artifacts/dynode or DYNODE_BINARY, redis-server and redis-benchmark with TLS, haproxy, nginx with its stream module, and openssl. The rounds take turns, and a ratio is of
// readings beside each other: times are the machine's own.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';

const binary = process.env.DYNODE_BINARY ?? fileURLToPath(new URL('../../artifacts/dynode', import.meta.url));
const rounds = Number(process.argv[2] ?? 5);
const idleClients = 500, quietSeconds = [3, 60, 120], handshakers = 4, stormSeconds = 8;

const works = {
  'ping-pong, 50 clients': ['-t', 'set', '-n', '60000', '-c', '50'],
  '16 in flight, 50 clients': ['-t', 'set', '-n', '300000', '-c', '50', '-P', '16'],
  'SET of 16 KiB, 50 clients': ['-t', 'set', '-n', '20000', '-c', '50', '-d', '16384'],
  'GET of 16 KiB, 50 clients': ['-t', 'get', '-n', '20000', '-c', '50', '-d', '16384'],
};

const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));
const median = numbers => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const folder = mkdtempSync(join(tmpdir(), 'dynode-tls-'));
const children = [];

function start(command, ...options) {
  const child = spawn(command, options, { stdio: ['ignore', 'ignore', 'inherit'] });
  children.push(child);
  return child;
}

/** A port that nobody has now. */
async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function listens(port) {
  for (let tries = 0; tries < 500; tries++) {
    const socket = connect(port, '127.0.0.1');
    const is = await new Promise(resolve => socket.once('connect', () => resolve(true)).once('error', () => resolve(false)));
    socket.destroy();
    if (is) return;
    await pause(20);
  }
  throw new Error(`nobody listens on ${port}`);
}

/** User and system time of all threads, in nanoseconds. */
const cpu = pid => readdirSync(`/proc/${pid}/task`).reduce((sum, task) => sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]), 0);

const residentKiB = pid => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+)/m)[1]);

function certificate() {
  const openssl = (...options) => execFileSync('openssl', options, { stdio: 'ignore', cwd: folder });
  openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-keyout', 'key.pem', '-out', 'certificate.pem');
  writeFileSync(join(folder, 'both.pem'), readFileSync(join(folder, 'certificate.pem')) + readFileSync(join(folder, 'key.pem')));
}

const trust = ['--tls', '--cacert', join(folder, 'certificate.pem')];

async function benchmark(port, options) {
  const child = spawn('redis-benchmark', ['-h', '127.0.0.1', '-p', String(port), ...trust, '--csv', ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', text => { said += text; });
  const [status] = await once(child, 'exit');
  if (status !== 0) throw new Error(`redis-benchmark ended with ${status}`);
  const [head, row] = said.trim().split('\n').map(line => line.split(',').map(cell => cell.replaceAll('"', '')));
  return Object.fromEntries(head.map((name, i) => [name, row[i]]));
}

async function subjects() {
  const redis = await freePort();
  start('redis-server', '--port', String(redis), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--daemonize', 'no');
  await listens(redis);
  certificate();
  const made = [];
  const haproxy = await freePort();
  writeFileSync(join(folder, 'haproxy.cfg'), `global
    nbthread 1
    maxconn 1000
    tune.bufsize 65536
defaults
    mode tcp
    timeout connect 5s
    timeout client 300s
    timeout server 300s
listen all
    bind 127.0.0.1:${haproxy} backlog 4096 ssl crt ${join(folder, 'both.pem')}
    server one 127.0.0.1:${redis}
`);
  made.push({ name: 'haproxy', port: haproxy, pid: start('haproxy', '-db', '-f', join(folder, 'haproxy.cfg')).pid });
  const nginx = await freePort();
  writeFileSync(join(folder, 'nginx.conf'), `daemon off;
master_process off;
worker_processes 1;
pid ${join(folder, 'nginx.pid')};
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
events { worker_connections 4096; }
stream {
    tcp_nodelay on;
    proxy_buffer_size 64k;
    proxy_timeout 300s;
    ssl_certificate ${join(folder, 'both.pem')};
    ssl_certificate_key ${join(folder, 'key.pem')};
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:tls:1m;
    server {
        listen 127.0.0.1:${nginx} ssl backlog=4096;
        proxy_pass 127.0.0.1:${redis};
    }
}
`);
  made.push({ name: 'nginx', port: nginx, pid: start('nginx', '-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')).pid });
  for (const protocol of ['redis', 'raw']) {
    const [port, tls] = [await freePort(), await freePort()];
    const sets = ['host=127.0.0.1', `port=${port}`, `tls_port=${tls}`, `servers=127.0.0.1:${redis}`, `protocol=${protocol}`, `tls_certificate=${join(folder, 'both.pem')}`, 'log_level=ERROR', 'control=off', 'read_idle_timeout=0'];
    made.push({ name: `dynode ${protocol}`, port: tls, pid: start(binary, ...sets.flatMap(set => ['--set', set])).pid });
  }
  for (const { port } of made) await listens(port);
  return made;
}

async function costs(all) {
  for (const [work, options] of Object.entries(works)) {
    const count = Number(options[options.indexOf('-n') + 1]);
    const read = Object.fromEntries(all.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      for (const { name, port, pid } of all) {
        const before = cpu(pid);
        await benchmark(port, options);
        read[name].push((cpu(pid) - before) / count / 1_000);
      }
    }
    console.log(`${work}: CPU us/request ${all.map(({ name }) => `${name} ${median(read[name]).toFixed(2)} (${median(read[name].map((value, i) => value / read.haproxy[i])).toFixed(2)})`).join(', ')}`);
  }
}

async function memory(all) {
  for (const { name, port, pid } of all) {
    const before = residentKiB(pid);
    const clients = [];
    for (let i = 0; i < idleClients; i++) {
      const socket = connectTls({ port, host: '127.0.0.1', servername: 'localhost', ca: readFileSync(join(folder, 'certificate.pem')) });
      await once(socket, 'secureConnect');
      const answer = once(socket, 'data');
      socket.write('PING\r\n');
      await answer;
      clients.push(socket);
    }
    await pause(quietSeconds[0] * 1_000);
    const held = residentKiB(pid);
    for (const socket of clients) socket.destroy();
    const after = [];
    for (let i = 0, waited = 0; i < quietSeconds.length; i++) {
      await pause((quietSeconds[i] - waited) * 1_000);
      waited = quietSeconds[i];
      after.push(`${quietSeconds[i]} s: ${(residentKiB(pid) / 1_024).toFixed(1)}`);
    }
    console.log(`memory: ${name} ${((held - before) / idleClients).toFixed(1)} KiB an idle client; MiB before ${(before / 1_024).toFixed(1)}, with ${idleClients} ${(held / 1_024).toFixed(1)}, after they left ${after.join(', ')}`);
  }
}

async function storm(all) {
  const read = Object.fromEntries(all.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, port } of all) {
      const attackers = Array.from({ length: handshakers }, () => spawn('openssl', ['s_time', '-connect', `127.0.0.1:${port}`, '-new', '-time', String(stormSeconds)], { stdio: 'ignore' }));
      children.push(...attackers);
      const ended = Promise.all(attackers.map(attacker => once(attacker, 'exit')));
      await pause(1_000);
      read[name].push(Number((await benchmark(port, ['-t', 'set', '-n', '8000', '-c', '8'])).p99_latency_ms));
      attackers.forEach(attacker => attacker.kill());
      await ended;
    }
  }
  console.log(`beside ${handshakers} endless handshakers: p99 in ms ${all.map(({ name }) => `${name} ${median(read[name]).toFixed(2)} (${median(read[name].map((value, i) => value / read.haproxy[i])).toFixed(2)})`).join(', ')}`);
}

try {
  const all = await subjects();
  await costs(all);
  await storm(all);
  await memory(all);
} finally {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
