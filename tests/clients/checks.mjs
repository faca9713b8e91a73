// What the scripts share: the address they are given, and checks that are counted and cannot hang.
//
// usage: node LIBRARY.mjs HOST PORT [--password=PASSWORD] [--ca=FILE] [--broadcaster]
//
//   --password=P    the server wants AUTH with it; that nothing goes without it is checked too
//   --ca=FILE       the server speaks TLS, and FILE's authority has signed what it shows
//   --broadcaster   what answers is no server but shares its connections: commands that would block or capture one
//                   have to be refused, and with an error

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

/** Longer than any answer takes on a busy machine; what takes longer is a hang. */
const answerMillisecondsMax = 20_000;

export const pipelined = 5_000;

/** Every byte there is, and what looks like the protocol's own. */
export const binary = Buffer.concat([
  Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
  Buffer.from('\r\n$3\r\nEND\r\n*1\r\n$8\r\nFLUSHALL\r\nget x\r\n'),
]);

export function target() {
  const [host, port, ...options] = process.argv.slice(2);
  if (!host || !(Number(port) > 0)) throw new Error('usage: node LIBRARY.mjs HOST PORT [--password=PASSWORD] [--ca=FILE] [--broadcaster]');
  const password = options.find(option => option.startsWith('--password='))?.slice('--password='.length);
  const ca = options.find(option => option.startsWith('--ca='))?.slice('--ca='.length);
  return { host, port: Number(port), password, ca: ca && readFileSync(ca), isBroadcaster: options.includes('--broadcaster') };
}

export class Checks {
  #count = 0;

  /** The answer has to come, and to be this. */
  async equal(answer, expected, what) {
    assert.deepStrictEqual(await within(answer, what), expected, what);
    this.#count++;
  }

  /** The answer has to come, and to pass. */
  async that(answer, isGood, what) {
    const value = await within(answer, what);
    assert.ok(isGood(value), `${what}: ${String(value)}`);
    this.#count++;
  }

  /** An error has to come, and to say this. */
  async refused(answer, pattern, what) {
    let value;
    try {
      value = await within(answer, what);
    } catch (e) {
      assert.match(String(e.message), pattern, what);
      this.#count++;
      return;
    }

    assert.fail(`${what}: no error, but ${String(value)}`);
  }

  /** The last line; without it the script has failed, whatever its exit status. */
  done() {
    console.log(`ok ${this.#count} checks`);
  }
}

async function within(answer, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: no answer within ${answerMillisecondsMax} ms`)), answerMillisecondsMax);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
