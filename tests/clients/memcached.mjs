// memcached (npm): the client most used, with values of any bytes. See checks.mjs for the arguments.

import Memcached from 'memcached';
import { promisify } from 'node:util';
import { Checks, binary, pipelined, target } from './checks.mjs';

const { host, port, isBroadcaster } = target();
const check = new Checks();

// One connection: else the order of what is sent at once is nobody's promise.
const client = new Memcached(`${host}:${port}`, { poolSize: 1, timeout: 20_000, retries: 0, failures: 0 });
const call = Object.fromEntries(
  ['set', 'get', 'gets', 'getMulti', 'add', 'replace', 'append', 'prepend', 'cas', 'incr', 'decr', 'touch', 'del', 'flush', 'version', 'stats']
    .map(name => [name, promisify(client[name]).bind(client)]));

await call.flush();
await check.equal(call.set('key', 'value', 0), true, 'set');
await check.equal(call.get('key'), 'value', 'get');
await check.equal(call.get('none'), undefined, 'get of nothing');
await check.equal(call.set('binary', binary, 0), true, 'set of all bytes');
await check.equal(call.get('binary'), binary, 'get of all bytes');
await check.equal(call.set('object', { a: [1, 'ü'] }, 0), true, 'set of an object, by flags');
await check.equal(call.get('object'), { a: [1, 'ü'] }, 'get of an object');
const large = Buffer.alloc(500_000, binary);
await check.equal(call.set('large', large, 0), true, 'set of half a megabyte');
await check.equal(call.get('large'), large, 'get of half a megabyte');
await check.equal(call.getMulti(['key', 'none', 'binary']).then(all => ({ ...all })), { key: 'value', binary }, 'get of several');
await check.that(call.gets('key'), found => found.key === 'value' && /^\d+$/.test(found.cas), 'gets');

// A refusal is the client's own affair: after a SERVER_ERROR the library would leave the server alone for half a minute.
if (isBroadcaster) {
  await check.refused(call.cas('key', 'x', '1', 0), /CLIENT_ERROR|cas is refused/, 'cas, which is refused');
  await check.equal(call.get('key'), 'value', 'get after a refusal');
}

await check.refused(call.add('key', 'x', 0), /not stored/, 'add of what is there');
await check.equal(call.add('added', 'x', 0), true, 'add');
await check.refused(call.replace('none', 'x', 0), /not stored/, 'replace of nothing');
await check.equal(call.replace('added', 'y', 0), true, 'replace');
await check.equal(call.append('added', 'z'), true, 'append');
await check.equal(call.prepend('added', 'x'), true, 'prepend');
await check.equal(call.get('added'), 'xyz', 'all of it');
await check.equal(call.set('number', 10, 0), true, 'set');
await check.equal(call.incr('number', 5), 15, 'incr');
await check.equal(call.decr('number', 6), 9, 'decr');
await check.equal(call.incr('none', 1), false, 'incr of nothing');
await check.equal(call.touch('key', 100), true, 'touch');
await check.equal(call.del('added'), true, 'delete');
await check.equal(call.del('added'), false, 'delete of nothing');

// 5,000 at once: each answer is its own request's.
await check.equal(
  Promise.all(Array.from({ length: pipelined }, (_, i) => (i % 2 ? call.set(`p${i}`, `${i}`, 0) : call.get(`p${i - 1}`)))),
  Array.from({ length: pipelined }, (_, i) => (i % 2 ? true : i === 0 ? undefined : `${i - 1}`)),
  'pipelined set and get');

await check.that(call.version(), ([{ version }]) => /\d+\.\d+/.test(version), 'version');
await check.that(call.stats(), ([stats]) => Number(stats.pid) > 0, 'stats');
await check.equal(call.flush(), [true], 'flush_all');
await check.equal(call.get('key'), undefined, 'after it');
client.end();
check.done();
