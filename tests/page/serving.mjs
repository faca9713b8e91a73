// A broadcaster's admin port as far as the page sees it: the page with its headers, and answers at /status that a test chooses.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

export const page = readFileSync(new URL('../../src/Dynode.Native/Admin/StatusPage.html', import.meta.url), 'utf8');

/** The page's own script and style, and no other, may run: each is named by the hash of its text. */
export function policyOf(html) {
  const hashes = tag => [...html.matchAll(new RegExp(`<${tag}>([^]*?)</${tag}>`, 'g'))].map(([, text]) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  const [scripts, styles] = [hashes('script'), hashes('style')];
  if (scripts.length !== 1 || styles.length !== 1) throw new Error(`the page has ${scripts.length} scripts and ${styles.length} styles`);
  return `default-src 'none'; script-src ${scripts[0]}; style-src ${styles[0]}; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
}

export class Serving {
  #server;
  #policy = policyOf(page);
  /** What /status answers: a function of the number of answers before it; null ends the connection instead. */
  answer;
  /** How often it was asked since this was last set. */
  asked = 0;

  constructor(answer) {
    this.answer = answer;
    this.#server = createServer((request, response) => this.#respond(request, response));
  }

  /** The system chooses the port. */
  async open() {
    await new Promise((resolve, reject) => this.#server.once('error', reject).listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${this.#server.address().port}/`;
  }

  close() {
    this.#server.closeAllConnections();
    return new Promise(resolve => this.#server.close(resolve));
  }

  #respond(request, response) {
    const common = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer' };
    const send = (status, type, text) => response.writeHead(status, { ...common, 'Content-Type': type }).end(text);
    if (request.method !== 'GET') return send(405, 'text/plain', 'not by this method\n');
    if (request.url === '/') return response.writeHead(200, { ...common, 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': this.#policy }).end(page);
    if (request.url !== '/status') return send(404, 'text/plain', 'no such page\n');
    if (!this.answer) return request.socket.destroy();
    const answer = this.answer(this.asked++);
    return typeof answer === 'number' ? send(answer, 'application/json', '{"error":"it was told to"}\n') : send(200, 'application/json', `${JSON.stringify(answer)}\n`);
  }
}
