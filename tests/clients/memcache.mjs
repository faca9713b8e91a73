// memcache: a client of the text protocol that keeps one connection. See checks.mjs for the arguments.

import { Memcache, createNode } from 'memcache';
import { Checks, pipelined, target } from './checks.mjs';

const { host, port } = target();
const check = new Checks();

const client = new Memcache({ nodes: [`${host}:${port}`], timeout: 20_000 });
client.on('error', () => {}); // Each command tells its own.
await client.connect();
await client.flush();

await check.equal(client.set('key', 'value'), true, 'set');
await check.equal(client.get('key'), 'value', 'get');
await check.equal(client.get('none'), undefined, 'get of nothing');
await check.equal(client.set('like', 'END\r\nVALUE key 0 1\r\n\r\nSTORED'), true, 'set of what looks like answers');
await check.equal(client.get('like'), 'END\r\nVALUE key 0 1\r\n\r\nSTORED', 'get of it');
await check.equal(client.set('empty', ''), true, 'set of nothing');
const large = 'x'.repeat(1_000_000);
await check.equal(client.set('large', large), true, 'set of a megabyte');
await check.equal(client.get('large'), large, 'get of a megabyte');
await check.equal(client.set('utf8', 'ü – ☃'), true, 'set of text');
await check.equal(client.get('utf8'), 'ü – ☃', 'get of text');
await check.equal(
  client.gets(['key', 'none', 'like']).then(map => [...map].sort()),
  [['key', 'value'], ['like', 'END\r\nVALUE key 0 1\r\n\r\nSTORED']],
  'get of several');

await check.equal(client.add('key', 'x'), false, 'add of what is there');
await check.equal(client.add('added', 'x'), true, 'add');
await check.equal(client.replace('none', 'x'), false, 'replace of nothing');
await check.equal(client.replace('added', 'y'), true, 'replace');
await check.equal(client.append('added', 'z'), true, 'append');
await check.equal(client.prepend('added', 'x'), true, 'prepend');
await check.equal(client.get('added'), 'xyz', 'all of it');
await check.equal(client.set('number', '10'), true, 'set');
await check.equal(client.incr('number', 5), 15, 'incr');
await check.equal(client.decr('number', 6), 9, 'decr');
await check.equal(client.incr('none', 1), undefined, 'incr of nothing');
await check.equal(client.touch('key', 100), true, 'touch');
await check.equal(client.touch('none', 100), false, 'touch of nothing');
await check.equal(client.delete('added'), true, 'delete');
await check.equal(client.delete('added'), false, 'delete of nothing');

// 5,000 at once: each answer is its own request's.
await check.equal(
  Promise.all(Array.from({ length: pipelined }, (_, i) => (i % 2 ? client.set(`p${i}`, `${i}`) : client.get(`p${i - 1}`)))),
  Array.from({ length: pipelined }, (_, i) => (i % 2 ? true : i === 0 ? undefined : `${i - 1}`)),
  'pipelined set and get');
await check.equal(
  client.gets(Array.from({ length: 200 }, (_, i) => `p${2 * i + 1}`)).then(map => map.size), 200, 'get of 200 keys');

await check.that(client.version(), versions => [...versions.values()].every(version => /\d+\.\d+/.test(version)), 'version');
await check.that(client.stats(), all => [...all.values()].every(stats => Number(stats.pid) > 0), 'stats');

// Errors are errors, of their own request alone.
const node = createNode(host, port, { timeout: 20_000 });
node.on('error', () => {});
await node.connect();
await check.refused(node.command('nosuch'), /ERROR/, 'an unknown command');
await check.that(node.command('version'), version => version.startsWith('VERSION '), 'and on');
await node.quit();

await check.equal(client.flush(), true, 'flush_all');
await check.equal(client.get('key'), undefined, 'after it');
await client.quit();
check.done();
