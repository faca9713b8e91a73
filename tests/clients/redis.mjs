// node-redis (npm: redis). See checks.mjs for the arguments.

import { createClient, RESP_TYPES } from 'redis';
import { Checks, binary, pipelined, target } from './checks.mjs';

const { host, port, password, ca, isBroadcaster } = target();
const check = new Checks();

const open = async (options = {}) => {
  const client = createClient({ socket: { host, port, reconnectStrategy: false, ...(ca && { tls: true, ca }) }, password, ...options });
  client.on('error', () => {}); // Each command tells its own.
  try {
    await client.connect();
    return client;
  } catch (e) {
    if (client.isOpen) client.destroy();
    throw e;
  }
};

if (password !== undefined) {
  await check.refused(open({ password: undefined }).then(withoutAny => withoutAny.get('a').finally(() => withoutAny.destroy())), /NOAUTH/, 'no password');
  await check.refused(open({ password: 'wrong' }), /WRONGPASS|invalid password/, 'a wrong password');
}

const client = await open({ name: 'checks' });
await check.equal(client.ping(), 'PONG', 'PING');
await check.equal(client.echo('hello'), 'hello', 'ECHO');
await check.equal(client.clientGetName(), 'checks', 'the name that was given at connect');
await check.that(client.clientId(), id => id > 0, 'CLIENT ID');
await client.flushAll();

// Strings, also of any bytes.
const buffers = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
await check.equal(client.set('key', 'value'), 'OK', 'SET');
await check.equal(client.get('key'), 'value', 'GET');
await check.equal(client.get('none'), null, 'GET of nothing');
await check.equal(client.set('binary', binary), 'OK', 'SET of all bytes');
await check.equal(buffers.get('binary'), binary, 'GET of all bytes');
await check.equal(client.set('', 'empty'), 'OK', 'an empty key');
await check.equal(client.get(''), 'empty', 'an empty key');
const large = Buffer.alloc(1 << 20, binary);
await check.equal(client.set('large', large), 'OK', 'SET of 1 MiB');
await check.equal(buffers.get('large'), large, 'GET of 1 MiB');
await check.equal(client.mGet(['key', 'none', '']), ['value', null, 'empty'], 'MGET');
await check.equal(client.incrBy('number', 41), 41, 'INCRBY');
await check.equal(client.set('key', 'x', { NX: true }), null, 'SET NX');
await check.equal(client.set('lives', 'x', { EX: 100 }), 'OK', 'SET EX');
await check.that(client.ttl('lives'), seconds => seconds > 0 && seconds <= 100, 'TTL');

// 5,000 at once: each answer is its own request's.
await check.equal(
  Promise.all(Array.from({ length: pipelined }, (_, i) => client.rPush('list', `${i}`))),
  Array.from({ length: pipelined }, (_, i) => i + 1),
  'pipelined RPUSH');
await check.equal(client.lRange('list', 0, -1), Array.from({ length: pipelined }, (_, i) => `${i}`), 'LRANGE');
await check.equal(
  Promise.all(Array.from({ length: pipelined }, (_, i) => (i % 2 ? client.set(`p${i}`, `${i}`) : client.get(`p${i - 1}`)))),
  Array.from({ length: pipelined }, (_, i) => (i % 2 ? 'OK' : i === 0 ? null : `${i - 1}`)),
  'pipelined SET and GET');

// Other types.
const hash = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`field${i}`, `${i}`]));
await check.equal(client.hSet('hash', hash), 300, 'HSET');
await check.equal(client.hGetAll('hash').then(all => ({ ...all })), hash, 'HGETALL');
await check.equal(client.sAdd('set', ['a', 'b', 'c']), 3, 'SADD');
await check.equal(client.sMembers('set').then(all => all.sort()), ['a', 'b', 'c'], 'SMEMBERS');
await check.equal(client.zAdd('sorted', [{ score: 2, value: 'b' }, { score: 1, value: 'a' }]), 2, 'ZADD');
await check.equal(client.zRangeWithScores('sorted', 0, -1), [{ value: 'a', score: 1 }, { value: 'b', score: 2 }], 'ZRANGE');
await check.that(client.xAdd('stream', '1-1', { a: 'b' }), id => id === '1-1', 'XADD');
await check.equal(client.xLen('stream'), 1, 'XLEN');
await check.equal(client.setBit('bits', 7, 1), 0, 'SETBIT');
await check.equal(client.lPop('nothing'), null, 'LPOP of nothing');

// A transaction is whole, or is not.
await check.equal(client.multi().set('t', '1').incr('t').get('t').exec(), ['OK', 2, '2'], 'MULTI and EXEC');
await check.equal(client.sendCommand(['MULTI']), 'OK', 'MULTI');
await check.equal(client.sendCommand(['SET', 't', 'discarded']), 'QUEUED', 'QUEUED');
await check.equal(client.sendCommand(['DISCARD']), 'OK', 'DISCARD');
await check.equal(client.get('t'), '2', 'what was discarded');
await check.refused(client.sendCommand(['EXEC']), /EXEC without MULTI/, 'EXEC alone');
await check.equal(
  Promise.all(Array.from({ length: 100 }, (_, i) => client.multi().incr('turns').get('turns').exec())),
  Array.from({ length: 100 }, (_, i) => [i + 1, `${i + 1}`]),
  'pipelined transactions');
await check.equal(
  client.multi().set('t', 'text').lPush('t', 'x').get('t').execAsPipeline().catch(() => 'an error among the answers'),
  'an error among the answers',
  'an error inside');

// Scripts.
await check.equal(client.eval("return redis.call('GET', KEYS[1]) .. ARGV[1]", { keys: ['key'], arguments: ['!'] }), 'value!', 'EVAL');
await check.equal(client.eval('return {1, {2, ARGV[1]}, false}', { arguments: ['x'] }), [1, [2, 'x'], null], 'an answer of arrays');
await check.refused(client.evalSha('0'.repeat(40)), /NOSCRIPT/, 'EVALSHA of nothing');

// Iteration.
let scanned = 0;
for await (const keys of client.scanIterator({ MATCH: 'p*', COUNT: 100 })) scanned += keys.length;
await check.equal(scanned, pipelined / 2, 'SCAN');
let fields = 0;
for await (const entries of client.hScanIterator('hash')) fields += entries.length;
await check.equal(fields, 300, 'HSCAN');

// Errors are errors, of their own request alone.
await check.refused(client.hGet('key', 'field'), /WRONGTYPE/, 'a wrong type');
await check.refused(client.sendCommand(['NOSUCH', 'a']), /unknown command/i, 'an unknown command');
await check.refused(client.sendCommand(['GET']), /wrong number of arguments/, 'too few arguments');
const mixed = await Promise.allSettled([client.get('key'), client.lPush('key', 'x'), client.get('key')]);
await check.equal(mixed.map(one => one.status), ['fulfilled', 'rejected', 'fulfilled'], 'an error between two answers');

// Databases: each connection has its own.
const other = await open({ database: 3 });
await check.equal(other.get('key'), null, 'another database');
await check.equal(other.set('key', 'in three'), 'OK', 'SET there');
await check.equal(client.get('key'), 'value', 'GET here');
await client.select(3);
await check.equal(client.get('key'), 'in three', 'SELECT');
await check.refused(client.select(1_000), /out of range/, 'a database that is not there');
await check.equal(client.get('key'), 'in three', 'still there');
await client.select(0);
await check.equal(client.get('key'), 'value', 'and back');
await check.equal(
  Promise.all(Array.from({ length: 200 }, (_, i) => (i % 2 ? client : other).get('key'))),
  Array.from({ length: 200 }, (_, i) => (i % 2 ? 'value' : 'in three')),
  'two databases at once');
other.destroy();

if (isBroadcaster) {
  for (const refused of [
    ['SUBSCRIBE', 'a'], ['PSUBSCRIBE', 'a*'], ['BLPOP', 'a', '0'], ['BRPOPLPUSH', 'a', 'b', '0'], ['XREAD', 'BLOCK', '0', 'STREAMS', 'a', '$'],
    ['MONITOR'], ['WAIT', '1', '0'], ['WATCH', 'a'], ['SHUTDOWN'], ['CLIENT', 'PAUSE', '1000'],
  ]) {
    await check.refused(client.sendCommand(refused), new RegExp(refused[0], 'i'), refused.join(' '));
    await check.equal(client.get('key'), 'value', `after ${refused[0]}`);
  }

  const listener = await open();
  await check.refused(listener.subscribe('a', () => {}), /SUBSCRIBE/i, 'subscribe()');
  listener.destroy();
  const blocked = await open();
  await check.refused(blocked.blPop('a', 0), /BLPOP/i, 'blPop()');
  blocked.destroy();
}

await client.close();
const last = await open();
await check.equal(last.sendCommand(['QUIT']), 'OK', 'QUIT');
last.destroy();
check.done();
