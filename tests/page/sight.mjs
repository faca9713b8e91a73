// The page as a browser sees it, with all that it complains of and all that it asks for.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { Serving } from './serving.mjs';

/** Longer than anything takes on a busy machine; what takes longer is a hang. */
const waitMillisecondsMax = 20_000;

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The page of a running broadcaster; without it this program answers. */
export const outside = process.env.DYNODE_PAGE_URL;

export const browser = await chromium.launch({
  executablePath: process.env.DYNODE_CHROMIUM || '/usr/bin/chromium',
  // Its sandbox wants user namespaces, which a container may not have; it sees no page but ours.
  args: ['--no-sandbox', '--disable-dev-shm-usage'],
});

export class Sight {
  static #open = new Set();
  #complaints = [];
  #requests = [];

  /** Opens the page before these answers (see Serving), and waits for the first of them to be shown. isTimeAsked: no time passes by itself. */
  static async open(answer, { isTimeAsked = false, ...options } = {}) {
    const sight = new Sight();
    Sight.#open.add(sight);
    sight.serving = outside ? null : new Serving(answer);
    sight.url = outside || await sight.serving.open();
    sight.context = await browser.newContext({ viewport: { width: 1_200, height: 900 }, timezoneId: 'UTC', locale: 'en-US', ...options });
    sight.context.on('request', request => sight.#requests.push(request.url()));
    sight.page = await sight.context.newPage();
    sight.page.setDefaultTimeout(waitMillisecondsMax);
    sight.page.on('console', line => ['error', 'warning'].includes(line.type()) && sight.#complaints.push(line.text()));
    sight.page.on('pageerror', error => sight.#complaints.push(String(error)));
    sight.page.on('dialog', dialog => { sight.#complaints.push(`dialog: ${dialog.message()}`); return dialog.dismiss(); });
    await sight.page.addInitScript(watch);
    // A second passes sooner when a test says so; to a broadcaster that runs it does not.
    if (!outside) await sight.page.clock.install({ time: new Date('2026-11-28T20:14:09Z') });
    if (isTimeAsked) await sight.page.clock.pauseAt(new Date('2026-11-28T20:14:10Z'));
    sight.response = await sight.page.goto(sight.url);
    await sight.until(() => window.seen.shown > 0);
    return sight;
  }

  /** Waits for a condition in the page. */
  until(condition, argument) { return this.page.waitForFunction(condition, argument); }

  /** One second passes, and the answer of the next one has been shown. */
  async next() {
    const shown = await this.page.evaluate(() => window.seen.shown);
    await this.pass(1_000);
    await this.until(before => window.seen.shown > before, shown);
  }

  async pass(milliseconds) { if (!outside) await this.page.clock.fastForward(milliseconds); }

  text(selector) { return this.page.locator(selector).first().innerText(); }

  /** The rows of a table as they are seen, as objects by the names of its columns. */
  table(selector) {
    return this.page.evaluate(at => {
      const [head, ...rows] = document.querySelector(at).rows;
      const names = [...head.cells].map(cell => cell.innerText.replace(/ [↑↓]$/u, ''));
      return rows.map(row => Object.fromEntries([...row.cells].map((cell, i) => [names[i], cell.innerText.trim()])));
    }, selector);
  }

  /** What has to be mended by the rules of WCAG, as axe-core knows them. */
  async barriers() {
    // By the protocol and not as a script of the page: the page's policy lets none in.
    await this.page.evaluate(axe);
    const { violations } = await this.page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
    return violations.filter(found => ['serious', 'critical'].includes(found.impact)).map(found => `${found.id}: ${found.nodes.map(node => node.html.slice(0, 120)).slice(0, 3).join(' | ')}`);
  }

  /** By how many pixels the page, or a part of it, is wider than what is seen of it. */
  excess() { return this.page.evaluate(() => Math.max(...[document.documentElement, ...document.querySelectorAll('section')].map(e => e.scrollWidth - e.clientWidth))); }

  /** What a check that failed has left open. */
  static async abandon() { for (const sight of Sight.#open) await sight.#end(); }

  async #end() {
    Sight.#open.delete(this);
    await this.context?.close();
    await this.serving?.close();
  }

  /** expected: what the browser itself says where a test takes the answers away. */
  async close(expected = /^$/) {
    const violations = await this.page.evaluate(() => window.seen.violations);
    await this.#end();
    assert.deepEqual([...this.#complaints.filter(line => !expected.test(line)), ...violations], [], 'complaints of the console and the policy');
    assert.deepEqual(this.#requests.filter(url => new URL(url).origin !== new URL(this.url).origin), [], 'requests to elsewhere');
  }
}

/** Runs in the page before its own script. */
function watch() {
  window.seen = { shown: 0, violations: [] };
  document.addEventListener('securitypolicyviolation', event => window.seen.violations.push(`${event.violatedDirective} ${event.blockedURI}`));
  const json = Response.prototype.json;
  Response.prototype.json = function () {
    const answer = json.call(this);
    // A task of its own, after all that the page does at once with the answer.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => { window.seen.shown++; };
    answer.then(() => port2.postMessage(0), () => port2.postMessage(0));
    return answer;
  };
}
