// A picture made smaller without a pixel changed. The browser packs in a hurry: large even areas and text, as a page has them, pack
// better by what they are than by how they differ from what stands beside them. https://www.w3.org/TR/png-3/

import assert from 'node:assert/strict';
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const signature = Buffer.from('89504e470d0a1a0a', 'hex');

export function packed(png) {
  assert.ok(png.subarray(0, 8).equals(signature), 'a PNG');
  const chunks = [];
  for (let at = 8; at < png.length;) {
    const length = png.readUInt32BE(at);
    chunks.push({ type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) });
    at += length + 12;
  }
  const header = chunks[0].data;
  const [width, height, depth, kind, interlaced] = [header.readUInt32BE(0), header.readUInt32BE(4), header[8], header[9], header[12]];
  assert.ok(depth === 8 && (kind === 2 || kind === 6) && interlaced === 0, 'as browsers write them');
  const bytes = kind === 2 ? 3 : 4;
  const rows = inflateSync(Buffer.concat(chunks.filter(chunk => chunk.type === 'IDAT').map(chunk => chunk.data)));
  unfilter(rows, width * bytes, height, bytes);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(rows, { level: 9, memLevel: 9 })), chunk('IEND', Buffer.alloc(0))]);
}

function unfilter(rows, line, height, bytes) {
  for (let y = 0; y < height; y++) {
    const at = y * (line + 1);
    const filter = rows[at];
    rows[at] = 0;
    for (let x = 0; x < line; x++) {
      const left = x < bytes ? 0 : rows[at + 1 + x - bytes];
      const above = y === 0 ? 0 : rows[at - line + x];
      const corner = y === 0 || x < bytes ? 0 : rows[at - line + x - bytes];
      rows[at + 1 + x] += [0, left, above, (left + above) >> 1, paeth(left, above, corner)][filter];
    }
  }
}

function paeth(left, above, corner) {
  const guess = left + above - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? above : corner;
}

function chunk(type, data) {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, sum]);
}
