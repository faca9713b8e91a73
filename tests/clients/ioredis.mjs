// ioredis. See checks.mjs for the arguments.

import { Redis } from 'ioredis';
import { Checks, binary, pipelined, target } from './checks.mjs';

const { host, port, password, ca, isBroadcaster } = target();
const check = new Checks();

const open = async (options = {}) => {
  const client = new Redis({ host, port, password, ...(ca && { tls: { ca } }), lazyConnect: true, retryStrategy: null, ...options });
  client.on('error', () => {}); // Each command tells its own.
  await client.connect();
  return client;
};

if (password !== undefined) {
  await check.refused(open({ password: undefined }).then(withoutAny => withoutAny.get('a')), /NOAUTH|closed/, 'no password');
  await check.refused(open({ password: 'wrong' }).then(withWrong => withWrong.get('a')), /WRONGPASS|NOAUTH|closed/, 'a wrong password');
}

// Its ready check reads INFO, and waits while a server is loading.
const client = await open({ connectionName: 'checks', enableReadyCheck: true });
await check.equal(client.ping(), 'PONG', 'PING');
await check.equal(client.echo('hello'), 'hello', 'ECHO');
await check.equal(client.client('GETNAME'), 'checks', 'the name that was given at connect');
await check.that(client.info(), text => /redis_version:/.test(text), 'INFO');
await client.flushall();

// Strings, also of any bytes.
await check.equal(client.set('key', 'value'), 'OK', 'SET');
await check.equal(client.get('key'), 'value', 'GET');
await check.equal(client.get('none'), null, 'GET of nothing');
await check.equal(client.set('binary', binary), 'OK', 'SET of all bytes');
await check.equal(client.getBuffer('binary'), binary, 'GET of all bytes');
const large = Buffer.alloc(1 << 20, binary);
await check.equal(client.set('large', large), 'OK', 'SET of 1 MiB');
await check.equal(client.getBuffer('large'), large, 'GET of 1 MiB');
await check.equal(client.mget('key', 'none'), ['value', null], 'MGET');
await check.equal(client.incrby('number', 41), 41, 'INCRBY');
await check.equal(client.setex('lives', 100, 'x'), 'OK', 'SETEX');
await check.that(client.ttl('lives'), seconds => seconds > 0 && seconds <= 100, 'TTL');

// 5,000 in one pipeline, and 5,000 that the library writes as they come.
const pipeline = client.pipeline();
for (let i = 0; i < pipelined; i++) pipeline.rpush('list', i);
await check.equal(pipeline.exec(), Array.from({ length: pipelined }, (_, i) => [null, i + 1]), 'a pipeline of RPUSH');
await check.equal(client.lrange('list', 0, -1), Array.from({ length: pipelined }, (_, i) => `${i}`), 'LRANGE');
await check.equal(
  Promise.all(Array.from({ length: pipelined }, (_, i) => (i % 2 ? client.set(`p${i}`, i) : client.get(`p${i - 1}`)))),
  Array.from({ length: pipelined }, (_, i) => (i % 2 ? 'OK' : i === 0 ? null : `${i - 1}`)),
  'SET and GET as they come');

// Other types.
const hash = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`field${i}`, `${i}`]));
await check.equal(client.hset('hash', hash), 300, 'HSET');
await check.equal(client.hgetall('hash'), hash, 'HGETALL');
await check.equal(client.hgetall('none'), {}, 'HGETALL of nothing');
await check.equal(client.sadd('set', 'a', 'b', 'c'), 3, 'SADD');
await check.equal(client.smembers('set').then(all => all.sort()), ['a', 'b', 'c'], 'SMEMBERS');
await check.equal(client.zadd('sorted', 2, 'b', 1, 'a'), 2, 'ZADD');
await check.equal(client.zrange('sorted', 0, -1, 'WITHSCORES'), ['a', '1', 'b', '2'], 'ZRANGE');
await check.equal(client.xadd('stream', '1-1', 'a', 'b'), '1-1', 'XADD');
await check.equal(client.xrange('stream', '-', '+'), [['1-1', ['a', 'b']]], 'XRANGE');

// A transaction is whole, or is not; sent as one pipeline, and command by command.
await check.equal(client.multi().set('t', '1').incr('t').get('t').exec(), [[null, 'OK'], [null, 2], [null, '2']], 'MULTI and EXEC');
await check.equal(client.multi({ pipeline: false }), 'OK', 'MULTI');
await check.equal(client.set('t', 'queued'), 'QUEUED', 'QUEUED');
await check.equal(client.exec(), [[null, 'OK']], 'EXEC');
await check.equal(client.multi({ pipeline: false }), 'OK', 'MULTI');
await check.equal(client.set('t', 'discarded'), 'QUEUED', 'QUEUED');
await check.equal(client.discard(), 'OK', 'DISCARD');
await check.equal(client.get('t'), 'queued', 'what was discarded');
await check.refused(client.multi().set('t', 'x').call('NOSUCH').exec(), /EXECABORT/, 'a transaction that was spoilt');
await check.equal(client.get('t'), 'queued', 'what was spoilt');
await check.equal(
  client.multi().lpush('t', 'x').get('t').exec().then(all => all.map(([error, value]) => error?.message.split(' ')[0] ?? value)),
  ['WRONGTYPE', 'queued'],
  'an error inside');

// Scripts: EVALSHA first, EVAL where the server does not know it.
client.defineCommand('joined', { numberOfKeys: 1, lua: "return redis.call('GET', KEYS[1]) .. ARGV[1]" });
await check.equal(client.joined('key', '!'), 'value!', 'a script');
await check.equal(client.joined('key', '?'), 'value?', 'a script, by its hash');
await check.equal(client.eval('return {1, {2, ARGV[1]}, false}', 0, 'x'), [1, [2, 'x'], null], 'an answer of arrays');

// Iteration.
let scanned = 0;
for await (const keys of client.scanStream({ match: 'p*', count: 100 })) scanned += keys.length;
await check.equal(scanned, pipelined / 2, 'SCAN');
let fields = 0;
for await (const entries of client.hscanStream('hash')) fields += entries.length / 2;
await check.equal(fields, 300, 'HSCAN');

// Errors are errors, of their own request alone.
await check.refused(client.hget('key', 'field'), /WRONGTYPE/, 'a wrong type');
await check.refused(client.call('NOSUCH', 'a'), /unknown command/i, 'an unknown command');
await check.refused(client.call('GET'), /wrong number of arguments/, 'too few arguments');
const mixed = await client.pipeline().get('key').lpush('key', 'x').get('key').exec();
await check.equal(mixed.map(([error]) => error === null), [true, false, true], 'an error between two answers');

// Databases: each connection has its own.
const other = await open({ db: 3 });
await check.equal(other.get('key'), null, 'another database');
await check.equal(other.set('key', 'in three'), 'OK', 'SET there');
await check.equal(client.get('key'), 'value', 'GET here');
await check.equal(client.select(3), 'OK', 'SELECT');
await check.equal(client.get('key'), 'in three', 'SELECT');
await check.refused(client.select(1_000), /out of range/, 'a database that is not there');
await check.equal(client.select(0), 'OK', 'SELECT');
await check.equal(client.get('key'), 'value', 'and back');
await check.equal(
  client.pipeline().select(3).get('key').select(0).get('key').exec(),
  [[null, 'OK'], [null, 'in three'], [null, 'OK'], [null, 'value']],
  'both in one pipeline');
other.disconnect();

if (isBroadcaster) {
  // call() and not the methods: the library would take a refused subscriber for one all the same.
  for (const refused of [['SUBSCRIBE', 'a'], ['BLPOP', 'a', '0'], ['XREAD', 'BLOCK', '0', 'STREAMS', 'a', '$'], ['MONITOR'], ['WATCH', 'a']]) {
    const one = await open();
    await check.refused(one.call(...refused), new RegExp(refused[0], 'i'), refused.join(' '));
    one.disconnect();
  }

  const blocked = await open();
  await check.refused(blocked.blpop('a', 0), /BLPOP/i, 'blpop()');
  await check.refused(blocked.watch('a'), /WATCH/i, 'watch()');
  blocked.disconnect();
}

await check.equal(client.quit(), 'OK', 'QUIT');
check.done();
