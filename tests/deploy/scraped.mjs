// The native binary in a mode, with a server and traffic, and what it says to a scrape.

import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './families.mjs';

/** That of the environment, else what scripts/build.sh leaves. */
export const binary = process.env.DYNODE_BINARY || fileURLToPath(new URL('artifacts/dynode', root));

/** mode → what makes it. */
const settings = { framed: ['protocol=redis'], 'reply=none': ['protocol=redis', 'reply=none'], raw: ['protocol=raw'], log: ['protocol=redis', 'log=nats://127.0.0.4:1/orders'], tls: ['protocol=redis'] };

/** A port for TLS beside the other, with a certificate of its own, which the admin port shows as well. */
function tls(folder, port) {
  const file = join(folder, 'both.pem');
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file, '-out', `${file}.crt`, '-subj', '/CN=localhost', '-days', '2'], { stdio: 'ignore' });
  return ['admin_tls=true', `tls_port=${port}`, `tls_certificate=${file}.crt`, `tls_key=${file}`];
}

/** Longer than a start takes on a busy machine. */
const millisecondsMax = 20_000;

const openMetrics = 'application/openmetrics-text; version=1.0.0';

/** As much of a redis as the broadcaster asks for; a line is a request. */
function redis() {
  const server = createServer(socket => {
    socket.on('error', () => {});
    socket.on('data', data => socket.write([...data.toString('latin1').matchAll(/\*\d+\r\n\$\d+\r\n(\w+)/g)].map(([, name]) => ({ PING: '+PONG\r\n', HELLO: '-ERR unknown command\r\n' })[name] ?? '+OK\r\n').join('')));
  });
  return new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.2', () => resolve(server)));
}

async function until(what, condition) {
  const end = performance.now() + millisecondsMax;
  while (!await condition()) {
    if (performance.now() > end) throw new Error(`not within ${millisecondsMax} ms: ${what}`);
    await new Promise(resolve => setTimeout(resolve, 10));
  }
}

/** Of an admin port that is a path, or by https one of TCP. */
function get(admin, path, accept) {
  const place = typeof admin === 'string' ? { socketPath: admin } : { host: '127.0.0.1', port: admin, rejectUnauthorized: false };
  return new Promise((resolve, reject) => (typeof admin === 'string' ? request : secureRequest)({ ...place, path, headers: { Host: 'localhost', ...(accept && { Accept: accept }) } }, response => {
    let text = '';
    response.setEncoding('utf8').on('data', part => { text += part; }).on('end', () => resolve({ status: response.statusCode, type: response.headers['content-type'], text })).on('error', reject);
  }).on('error', reject).end());
}

/** Requests from a client that then goes, answered where the mode answers. */
async function traffic(port, mode) {
  const client = connect(port, '127.0.0.1');
  await once(client, 'connect');
  client.write('*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\nc\r\n');
  // Where the stream is away an answer would be long in coming.
  if (mode !== 'reply=none' && mode !== 'log') await once(client, 'data');
  client.end();
  client.resume();
  await once(client, 'close');
}

/** The number of a port, which is held on another address of the loopback while the broadcaster has it on its own. */
async function hold(holders) {
  const holder = createServer();
  holders.push(holder);
  await new Promise((resolve, reject) => holder.once('error', reject).listen(0, '127.0.0.3', resolve));
  return holder.address().port;
}

/** Both formats of one broadcaster's scrape. */
export async function scrapes(mode) {
  if (!existsSync(binary)) throw new Error(`${binary} is missing: ./scripts/build.sh makes it; or set DYNODE_BINARY`);
  const folder = mkdtempSync(join(tmpdir(), 'dynode-scrape-'));
  const server = await redis();
  const holders = [];
  let dynode;
  try {
    const port = await hold(holders);
    const admin = mode === 'tls' ? await hold(holders) : join(folder, 'admin');
    const sets = ['host=127.0.0.1', `port=${port}`, `servers=127.0.0.2:${server.address().port},127.0.0.4:1`, `admin=${mode === 'tls' ? '127.0.0.1' : 'unix'}:${admin}`, 'control=off', ...settings[mode], ...(mode === 'tls' ? tls(folder, await hold(holders)) : [])];
    let said = '';
    dynode = spawn(binary, sets.flatMap(set => ['--set', set]), { stdio: ['ignore', 'ignore', 'pipe'] });
    dynode.stderr.setEncoding('utf8').on('data', text => { said += text; });
    await until(`it is ready: ${said}`, async () => {
      if (dynode.exitCode !== null) throw new Error(`it has ended: ${said}`);
      return (mode === 'tls' || existsSync(admin)) && (await get(admin, '/metrics').catch(() => ({ text: '' }))).text.includes(`dynode_server_up{server="127.0.0.2:${server.address().port}"} ${mode === 'raw' || mode === 'log' ? '' : 1}`);
    });
    await traffic(port, mode);
    await until('its client is seen to have left', async () => (await get(admin, '/metrics')).text.includes('dynode_clients_ended_total{reason="client"} 1\n'));
    return { text: await get(admin, '/metrics'), open: await get(admin, '/metrics', openMetrics) };
  } finally {
    if (dynode && dynode.exitCode === null) {
      dynode.kill('SIGKILL');
      await once(dynode, 'exit');
    }
    holders.forEach(holder => holder.close());
    server.close();
    rmSync(folder, { recursive: true });
  }
}
