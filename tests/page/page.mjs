// The status page in a real browser, before answers that this program makes up, or before a broadcaster that runs.
//
// usage: node page.mjs [--screenshot FILE [light|dark]]
//
//   --screenshot FILE   makes the README's picture and checks nothing: the same answers at the same seconds, so the same picture
//
// DYNODE_PAGE_URL   the page of a running broadcaster: what holds whatever it answers is checked, and no more
// DYNODE_CHROMIUM   the browser, in place of Debian's
//
// The last line is "N passed, N failed".

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { run } from '../sentences.mjs';
import { away, crowd, framed, hostile, least, markup, ordered, raw, silent, unused, well } from './answers.mjs';
import { browser, outside, Sight } from './sight.mjs';
import { packed } from './picture.mjs';
import { page, policyOf } from './serving.mjs';

const pageBytesMax = 24 * 1024;
const phone = { viewport: { width: 320, height: 640 } };
const live = /^live$/;

/** Each a sentence. Those of `anywhere` hold before any broadcaster. */
const anywhere = {
  async The_page_comes_with_a_policy_that_names_its_script_and_its_style_alone() {
    const sight = await Sight.open(framed);
    const headers = sight.response.headers();
    assert.match(headers['content-security-policy'], /^default-src 'none';/);
    const hashes = policyOf(await sight.response.text()).match(/'sha256-[^']+'/g);
    assert.deepEqual(headers['content-security-policy'].match(/'sha256-[^']+'/g).sort(), hashes.sort());
    assert.doesNotMatch(headers['content-security-policy'], /unsafe/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['cache-control'], 'no-store');
    await sight.close();
  },

  async A_script_that_is_not_the_pages_does_not_run() {
    const sight = await Sight.open(framed);
    const violations = await sight.page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.foreign = true';
      document.body.append(script);
      return new Promise(resolve => { document.addEventListener('securitypolicyviolation', () => resolve(window.seen.violations.splice(0))); });
    });
    assert.deepEqual(violations, ['script-src-elem inline']);
    assert.equal(await sight.page.evaluate(() => window.foreign), undefined);
    await sight.close(/Content Security Policy/);
  },

  async It_is_live() {
    const sight = await Sight.open(framed);
    assert.match(await sight.text('#live'), live);
    const before = await sight.page.evaluate(() => window.seen.shown);
    await sight.next();
    await sight.next();
    assert.ok(await sight.page.evaluate(() => window.seen.shown) >= before + 2);
    await sight.close();
  },

  async The_dot_is_red_when_nothing_answers_and_green_when_it_does_again() {
    const sight = await Sight.open(framed);
    assert.equal(await sight.page.getAttribute('#live', 'class'), 'good');
    const green = await colour(sight);
    await sight.context.setOffline(true);
    await sight.pass(1_000);
    await sight.until(() => document.querySelector('#live').className === 'bad');
    assert.match(await sight.text('#live'), /^no answer since \d\d:\d\d:\d\d: the figures are old$/);
    const red = await colour(sight);
    assert.ok(green[1] > green[0] && red[0] > red[1], `${green} and ${red}`);
    await sight.context.setOffline(false);
    await sight.pass(1_000);
    await sight.until(() => document.querySelector('#live').className === 'good');
    assert.match(await sight.text('#live'), live);
    await sight.close(/ERR_INTERNET_DISCONNECTED/);
  },

  async It_is_readable_by_everybody_in_light_and_in_dark() {
    const colours = [];
    for (const colorScheme of ['light', 'dark']) {
      const sight = await Sight.open(framed, { colorScheme });
      colours.push(await sight.page.evaluate(() => getComputedStyle(document.body).backgroundColor));
      assert.deepEqual(await sight.barriers(), [], colorScheme);
      await sight.close();
    }
    assert.notEqual(colours[0], colours[1]);
  },

  async A_phone_needs_no_sideways_scrolling() {
    const sight = await Sight.open(framed, phone);
    assert.equal(await sight.excess(), 0);
    await sight.close();
  },
};

const here = {
  async The_file_is_small_and_has_no_inline_handler_no_inline_style_and_no_way_to_markup() {
    assert.ok(Buffer.byteLength(page) <= pageBytesMax, `${Buffer.byteLength(page)} bytes`);
    assert.doesNotMatch(page, /<[^>]*\s(on\w+|style)=/);
    assert.doesNotMatch(page, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment|DOMParser|eval\(|new Function|setAttribute\("style/);
    assert.doesNotMatch(page, /https?:|\/\/[a-z]+\./);
  },

  async Its_figures_change_with_the_answers() {
    const sight = await Sight.open(framed);
    const figures = () => Promise.all(['#tiles b', '#servers', '#curve'].map(async at => at === '#curve' ? sight.page.getAttribute(at, 'd') : sight.text(at)));
    const before = await figures();
    await sight.next();
    const after = await figures();
    for (const i of before.keys()) assert.notEqual(after[i], before[i]);
    await sight.close();
  },

  async One_sentence_says_who_is_not_current_and_what_that_means() {
    const sight = await Sight.open(() => framed());
    assert.equal(await sight.text('#verdict strong'), '2 of 5 servers are current');
    assert.deepEqual(await sight.page.locator('#verdict li').allInnerTexts(), [
      'gru-1.example:6379 is down: its backlog overflows in 9 min.',
      'nrt-1.example:6379 catches up in 39 s.',
      'syd-1.example:6379 has missed requests (Backlog): make it equal to the others, then run dynode gaps close.',
    ]);
    assert.equal(await sight.page.title(), '2/5 dynode');
    sight.serving.answer = well;
    await sight.next();
    assert.equal(await sight.text('#verdict strong'), 'All 3 servers are current');
    assert.equal(await sight.page.locator('#verdict li').count(), 0);
    assert.equal(await sight.page.getAttribute('#verdict', 'class'), 'good');
    await sight.close();
  },

  async Each_state_has_its_words() {
    const sight = await Sight.open(well);
    const says = async (change, sentence, line) => {
      sight.serving.answer = t => { const answer = well(t); change(answer, answer.servers[1]); return answer; };
      await sight.next();
      assert.equal(await sight.text('#verdict strong'), sentence);
      if (line) assert.equal((await sight.page.locator('#verdict li').allInnerTexts()).at(-1), line);
    };
    await says((a, s) => { s.state = 'disabled'; s.overflow_seconds = 7_200; }, '2 of 3 servers are current', 'b.example:6379 is disabled: its backlog overflows in 2.0 h.');
    await says((a, s) => { s.state = 'connecting'; }, '2 of 3 servers are current', 'b.example:6379 is connecting: its backlog does not grow.');
    await says((a, s) => { s.state = 'ejected'; }, '2 of 3 servers are current', 'b.example:6379 is ejected: nobody waits for it.');
    await says((a, s) => { s.state = 'retiring'; }, '2 of 3 servers are current', 'b.example:6379 is being removed.');
    await says((a, s) => Object.assign(s, { state: 'catching_up', catch_up_seconds: -1, overflow_seconds: 30 }), '2 of 3 servers are current',
      'b.example:6379 never catches up at this pace: its backlog overflows in 30 s.');
    await says((a, s) => { s.lag.seconds = 5; }, '2 of 3 servers are current', 'b.example:6379 is behind.');
    await says(a => a.servers.forEach(s => { s.state = 'down'; }), 'No server is current: clients get errors');
    await says(a => { a.servers = []; Object.assign(a, { ready: false, not_ready: ['no list of servers is there yet'] }); }, 'No server is known', 'Not ready: no list of servers is there yet.');
    await says(a => { a.state = 'draining'; }, 'It is draining: no new clients are let in');
    await says(a => { a.state = 'starting'; }, 'It is starting: no new clients are let in');
    await says(a => { a.clients.held = 1; }, 'All 3 servers are current', '1 client held back: memory is full.');
    await sight.close();
  },

  async Whoever_is_behind_comes_first() {
    const sight = await Sight.open(framed);
    assert.deepEqual((await sight.table('#servers')).map(row => row.server.slice(0, 3)), ['gru', 'nrt', 'syd', 'fra', 'iad']);
    const [down, late] = await sight.table('#servers');
    assert.match(down.state, /^down\s+connection refused · again in 4\.2 s$/);
    assert.equal(down['overflows in'], '9 min');
    assert.match(late['caught up in'], /^\d+ s$/);
    sight.serving.answer = t => { const answer = framed(t); Object.assign(answer.servers[1], { state: 'down', lag: { requests: 9e6, bytes: 6e7, seconds: 99 } }); return answer; };
    await sight.next();
    assert.deepEqual((await sight.table('#servers')).map(row => row.server.slice(0, 3)), ['iad', 'gru', 'nrt', 'syd', 'fra']);
    await sight.close();
  },

  async An_ordered_log_says_how_it_stands_and_who_has_each_server() {
    const sight = await Sight.open(() => ordered());
    const tiles = () => sight.page.locator('#stream .tile').evaluateAll(all => all.map(one => [...one.querySelectorAll(':scope > span, b, p span')].map(part => part.innerText).join(' ')));
    assert.deepEqual(await tiles(), [
      `stream orders read at ${(18_420_331).toLocaleString('en')} 3 without a place`,
      'a place takes 14 ms 99 % within 52 ms 41 wait 13.1 in a parcel',
      'parcels in flight 5 at most 8 2 sent again 2 turned away 1 gaps pulled',
      'round trip 13 ms led by nats-2 changed 1 time asked at nats-1.example:4222',
    ]);
    const rows = await sight.table('#servers');
    const of = name => rows.find(row => row.server.startsWith(name))['in the stream'];
    assert.equal(of('fra'), 'at 18,420,328\n3 behind');
    assert.ok(rows.some(row => row['in the stream'].endsWith('803 behind · reads it by itself · one request at a time')), JSON.stringify(rows));
    assert.equal(of('gru'), "another's\ngru-2, port 9000, process 71");
    sight.serving.answer = away;
    await sight.next();
    assert.equal(await sight.text('#verdict strong'), 'The stream is away: writes wait');
    const lines = await sight.page.locator('#verdict li').allInnerTexts();
    for (const line of ['12 requests so far not kept: the stream was away.', '1 request so far of which it is not known whether the stream took them.', 'Not ready: the log is away: connection refused.']) assert.ok(lines.includes(line), `${line}: ${lines}`);
    assert.equal((await tiles())[0], 'stream away at 0 the log is away: connection refused');
    assert.equal(await sight.page.getAttribute('#stream .tile', 'class'), 'tile card bad');
    sight.serving.answer = t => { const answer = ordered(t); Object.assign(answer.ordered_log, { state: 'went_back', stands_still: true, why: 'it has lost what it had acknowledged' }); return answer; };
    await sight.next();
    assert.equal(await sight.text('#verdict strong'), 'The stream stands still: no write gets a place');
    assert.match((await tiles())[0], /^stream orders stands still at [\d,]+ 3 without a place it has lost what it had acknowledged$/);
    sight.serving.answer = framed;
    await sight.next();
    assert.equal(await sight.page.locator('#stream').isVisible(), false);
    assert.ok(!('in the stream' in (await sight.table('#servers'))[0]));
    await sight.close();
  },

  async A_bar_shows_how_much_of_the_backlog_a_server_has_used() {
    const sight = await Sight.open(framed);
    const bars = await sight.page.evaluate(() => [...document.querySelectorAll('#servers .bar')].map(bar => bar.firstChild.getBoundingClientRect().width / bar.getBoundingClientRect().width));
    assert.equal(bars.length, 2);
    assert.ok(Math.abs(bars[0] - 31 / 64) < 0.02, String(bars));
    await sight.close();
  },

  async The_table_is_sorted_by_any_column_with_the_keyboard() {
    const sight = await Sight.open(framed);
    const press = async name => { await sight.page.getByRole('button', { name, exact: true }).focus(); await sight.page.keyboard.press('Enter'); };
    const order = async () => (await sight.table('#servers')).map(row => row.server.slice(0, 3));
    await press('server');
    assert.deepEqual(await order(), ['fra', 'gru', 'iad', 'nrt', 'syd']);
    assert.equal(await sight.page.locator('#servers [aria-sort]').getAttribute('aria-sort'), 'ascending');
    await press('server');
    assert.deepEqual(await order(), ['syd', 'nrt', 'iad', 'gru', 'fra']);
    await sight.next();
    assert.deepEqual(await order(), ['syd', 'nrt', 'iad', 'gru', 'fra'], 'a second later');
    await press('behind by');
    assert.deepEqual((await order()).slice(0, 2), ['gru', 'nrt']);
    assert.equal(await sight.page.locator('#servers [aria-sort]').count(), 1);
    await press('overflows in');
    assert.equal((await order())[0], 'gru', 'who has no figure comes last');
    await sight.close();
  },

  async What_comes_from_outside_stays_text() {
    const sight = await Sight.open(hostile);
    await sight.next();
    assert.equal(await sight.page.locator('img, main script, main a[href^=javascript]').count(), 0);
    const rows = await sight.table('#servers');
    assert.ok(rows.some(row => row.server.startsWith(markup)), 'the address is there as text');
    assert.ok(rows[0].state.includes(`<script>alert(1)</script>${markup}`), 'and the error');
    assert.ok(rows.some(row => row.gap.includes(markup)), 'and the gap');
    assert.ok((await sight.table('#clients'))[0].client.includes(markup));
    for (const at of ['#about', '#list', '#events', '#verdict ul', '#stream', '#servers']) assert.ok((await sight.text(at)).includes(markup), at);
    await sight.close();
  },

  async A_broadcaster_that_ends_the_connection_is_no_answer_and_one_that_refuses_is_quoted() {
    const sight = await Sight.open(framed);
    const turns = async (answer, tone, words) => {
      sight.serving.answer = answer;
      await sight.pass(1_000);
      await sight.until(([wanted, pattern]) => document.querySelector('#live').className === wanted && new RegExp(pattern, 'u').test(document.querySelector('#live').textContent), [tone, words.source]);
    };
    await turns(null, 'bad', /^no answer since \d\d:\d\d:\d\d: the figures are old$/);
    assert.equal(await sight.page.evaluate(() => getComputedStyle(document.querySelector('main')).filter), 'grayscale(1)');
    await turns(framed, 'good', live);
    assert.equal(await sight.page.evaluate(() => getComputedStyle(document.querySelector('main')).filter), 'none');
    await turns(() => 503, 'bad', /^the answer is 503 since /);
    await turns(t => ({ ...framed(t), schema: 2 }), 'bad', /^this page is older than the answers; load it again since /);
    await turns(t => ({ ...framed(t), sampled_seconds_ago: 12 }), 'warn', /^the figures are 12 s old$/);
    await turns(t => ({ ...framed(t), sampled_seconds_ago: 3 }), 'good', live);
    await sight.close(/ERR_EMPTY_RESPONSE|503/);
  },

  async A_page_that_finds_nobody_says_so() {
    const sight = await Sight.open(framed);
    sight.serving.answer = null;
    await sight.page.reload();
    await sight.until(() => document.querySelector('#live').className === 'bad');
    assert.equal(await sight.text('#live'), 'no answer');
    assert.equal(await sight.text('#verdict strong'), 'No figures yet');
    await sight.close(/ERR_EMPTY_RESPONSE/);
  },

  async A_phone_needs_no_sideways_scrolling_whatever_is_answered() {
    const sight = await Sight.open(framed, phone);
    for (const answer of [raw, silent, well, ordered, away, hostile, t => crowd(t, 40)]) {
      sight.serving.answer = answer;
      await sight.next();
      assert.equal(await sight.excess(), 0, answer.name);
    }
    await sight.close();
  },

  async It_is_readable_by_everybody_on_a_phone_and_in_all_modes() {
    for (const [answer, colorScheme] of [[raw, 'light'], [ordered, 'light'], [away, 'dark'], [silent, 'dark'], [hostile, 'dark']]) {
      const sight = await Sight.open(answer, { ...phone, colorScheme });
      assert.deepEqual(await sight.barriers(), [], `${answer.name}, ${colorScheme}`);
      await sight.close();
    }
  },

  async Raw_and_silent_broadcasters_have_no_empty_columns_and_no_figures_without_meaning() {
    const columns = async answer => {
      const sight = await Sight.open(answer);
      const tiles = await sight.page.locator('#tiles .tile > span').allInnerTexts();
      const tables = [await sight.table('#servers'), await sight.table('#clients')];
      for (const rows of tables)
        for (const name of Object.keys(rows[0])) assert.ok(rows.some(row => row[name] !== '–'), `${answer.name}: nothing in ${name}`);
      const everything = await sight.text('body');
      assert.doesNotMatch(everything, /null|undefined|NaN|Infinity|\[object/, answer.name);
      await sight.close();
      return [tiles, ...tables.map(rows => Object.keys(rows[0]))];
    };
    const [tiles, servers, clients] = await columns(framed);
    assert.deepEqual(tiles, ['requests a second', 'clients', 'waiting for an answer', 'memory']);
    assert.deepEqual(servers, ['server', 'state', 'behind by', 'in time', 'caught up in', 'overflows in', 'gap', 'errors']);
    assert.deepEqual(clients, ['client', 'connected', 'requests', 'received', 'owed to it']);
    const [rawTiles, rawServers, rawClients] = await columns(raw);
    assert.deepEqual(rawTiles, ['received a second', 'clients', 'waiting for servers', 'memory']);
    assert.deepEqual(rawServers, ['server', 'state', 'behind by', 'in time', 'caught up in', 'errors']);
    assert.deepEqual(rawClients, ['client', 'connected', 'received', 'owed to it']);
    const [silentTiles, silentServers] = await columns(silent);
    assert.deepEqual(silentTiles, ['requests a second', 'clients', 'waiting for servers', 'memory']);
    assert.deepEqual(silentServers, servers);
  },

  async A_raw_broadcaster_that_nobody_uses_has_no_fault() {
    const sight = await Sight.open(unused);
    assert.equal(await sight.text('#verdict strong'), 'No client yet, so no connection to a server');
    assert.equal(await sight.page.evaluate(() => document.querySelector('#verdict').className), '');
    sight.serving.answer = t => { const answer = unused(t); answer.servers[0].state = 'down'; return answer; };
    await sight.next();
    assert.equal(await sight.text('#verdict strong'), '0 of 5 servers are current');
    assert.equal((await sight.page.locator('#verdict li').allInnerTexts())[0], 'fra-1.example:6379 is down.');
    await sight.close();
  },

  async What_is_not_known_is_not_shown() {
    const sight = await Sight.open(least);
    assert.match(await sight.text('#live'), live);
    assert.equal(await sight.text('#verdict strong'), 'All 3 servers are current');
    assert.doesNotMatch(await sight.text('body'), /null|undefined|NaN|Infinity|\[object/);
    await sight.close();
  },

  async A_list_that_is_empty_is_not_there() {
    const sight = await Sight.open(well);
    assert.deepEqual(await sight.page.locator('section').evaluateAll(all => all.map(one => one.checkVisibility())), [true, false, false]);
    await sight.close();
  },

  async Servers_that_come_and_go_do_so_on_the_page() {
    const sight = await Sight.open(well);
    const first = await sight.page.$('#servers tbody tr');
    sight.serving.answer = t => { const answer = well(t); answer.servers = [answer.servers[0], { ...answer.servers[1], address: 'd.example:6379' }]; return answer; };
    await sight.next();
    assert.deepEqual((await sight.table('#servers')).map(row => row.server[0]), ['a', 'd']);
    assert.ok(await first.evaluate(row => row === document.querySelector('#servers tbody tr')), 'the row of one that stays is the same');
    await sight.close();
  },

  async What_is_spoken_has_no_figure_that_runs_and_comes_at_most_every_ten_seconds() {
    const sight = await Sight.open(framed, { isTimeAsked: true });
    await sight.next();
    const said = await sight.page.textContent('#said');
    assert.equal(said, '2 of 5 servers are current. gru-1.example:6379 down. nrt-1.example:6379 catching up. syd-1.example:6379 current, has a gap');
    for (let i = 0; i < 3; i++) await sight.next();
    assert.equal(await sight.page.textContent('#said'), said);
    sight.serving.answer = well;
    await sight.next();
    assert.equal(await sight.page.textContent('#said'), said, 'not yet');
    for (let i = 0; i < 8; i++) await sight.next();
    assert.equal(await sight.page.textContent('#said'), 'All 3 servers are current');
    assert.equal(await sight.page.locator('[aria-live], [role=status], [role=alert]').count(), 1);
    await sight.close();
  },

  async Nothing_moves_by_itself() {
    const sight = await Sight.open(framed, { reducedMotion: 'no-preference' });
    await sight.next();
    assert.equal(await sight.page.evaluate(() => document.getAnimations().length), 0);
    await sight.close();
  },

  async Figures_stand_in_columns() {
    const sight = await Sight.open(framed);
    assert.ok(await sight.page.evaluate(() => [...document.querySelectorAll('b, td')].every(e => getComputedStyle(e).fontVariantNumeric === 'tabular-nums')));
    await sight.close();
  },

  async Another_process_begins_another_curve() {
    const sight = await Sight.open(framed);
    for (let i = 0; i < 4; i++) await sight.next();
    const points = async () => (await sight.page.getAttribute('#curve', 'd')).split('L').length;
    assert.equal(await points(), 5);
    sight.serving.answer = t => ({ ...framed(t), pid: 72 });
    await sight.next();
    assert.equal(await points(), 1);
    await sight.close();
  },

  async The_curve_holds_three_minutes() {
    const sight = await Sight.open(t => framed(30 * t));
    for (let i = 0; i < 8; i++) await sight.next();
    assert.equal((await sight.page.getAttribute('#curve', 'd')).split('L').length, 6);
    await sight.close();
  },

  async A_picture_that_is_made_smaller_keeps_every_pixel() {
    const sight = await Sight.open(framed);
    const png = await sight.page.screenshot();
    const small = packed(png);
    assert.ok(small.length < png.length, `${small.length} and ${png.length} bytes`);
    await sight.close();
    const blank = await browser.newPage();
    assert.ok(await areEqual(blank, small, png));
    await blank.close();
  },

  async With_1024_servers_a_second_costs_what_has_changed() {
    const sight = await Sight.open(crowd);
    const rows = 1_024;
    assert.equal(await sight.page.locator('#servers tbody tr').count(), rows);
    assert.ok((await sight.table('#servers')).slice(0, 10).every(row => row.state.startsWith('catching up')), 'those behind come first');
    const protocol = await sight.context.newCDPSession(sight.page);
    await protocol.send('Performance.enable');
    const metric = async name => (await protocol.send('Performance.getMetrics')).metrics.find(one => one.name === name).value;
    await sight.page.evaluate(() => {
      window.work = { moved: 0, made: 0, written: 0 };
      const known = new WeakSet(document.querySelectorAll('#servers tr'));
      new MutationObserver(records => {
        for (const record of records) {
          if (record.type !== 'childList') window.work.written++;
          for (const node of record.addedNodes) if (node.nodeName === 'TR') window.work[known.has(node) ? 'moved' : 'made']++;
        }
      }).observe(document.querySelector('#servers'), { subtree: true, childList: true, characterData: true, attributes: true });
    });
    const [nodes, layouts] = [await metric('Nodes'), await metric('LayoutCount')];
    const seconds = 5;
    for (let i = 0; i < seconds; i++) await sight.next();
    const work = await sight.page.evaluate(() => window.work);
    // A second: 11 servers have caught up, 11 others are behind.
    const changed = seconds * 22;
    assert.equal(work.made, 0, 'rows made anew');
    assert.ok(work.moved <= changed, `${work.moved} rows were moved, and ${changed} had changed`);
    assert.ok(work.written > 0 && work.written <= changed * 16, `${work.written} texts and marks were written for ${changed} rows`);
    assert.ok(await metric('Nodes') <= nodes + 3 * changed, `${await metric('Nodes')} nodes, and ${nodes} before`);
    assert.ok(await metric('LayoutCount') - layouts <= 12 * seconds, `${await metric('LayoutCount') - layouts} layouts in ${seconds} s`);
    console.log(`     a second of 1,024 servers: ${work.moved / seconds} rows moved, ${work.written / seconds} texts written, ${(await metric('LayoutCount') - layouts) / seconds} layouts`);
    await sight.page.fill('#find', '10.0.2.1:');
    await sight.until(() => [...document.querySelectorAll('#servers tbody tr')].filter(row => !row.hidden).length === 1);
    await sight.close();
  },
};

/** Whether two pictures are one to a browser. */
function areEqual(page, ...pngs) {
  return page.evaluate(async all => {
    const [one, other] = await Promise.all(all.map(async base64 => {
      const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${base64}`)).blob());
      const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d');
      canvas.drawImage(image, 0, 0);
      return canvas.getImageData(0, 0, image.width, image.height).data;
    }));
    return one.length > 0 && one.length === other.length && one.every((byte, i) => byte === other[i]);
  }, pngs.map(png => png.toString('base64')));
}

/** The dot's red, green and blue. */
function colour(sight) {
  return sight.page.evaluate(() => getComputedStyle(document.querySelector('#live'), '::before').backgroundColor.match(/\d+/g).map(Number));
}

async function picture(file, colorScheme) {
  const sight = await Sight.open(framed, { colorScheme, viewport: { width: 1_200, height: 800 } });
  for (let second = 0; second < 180; second++) await sight.next();
  writeFileSync(file, packed(await sight.page.screenshot({ fullPage: true, caret: 'hide' })));
  await sight.close();
}

const [option, file, scheme = 'light'] = process.argv.slice(2);
if (option === '--screenshot' && file) {
  await picture(file, scheme);
} else if (option) {
  console.error(`page.mjs: unknown option ${option}; see the top of the file`);
  process.exitCode = 64;
} else {
  await run(outside ? anywhere : { ...anywhere, ...here }, () => Sight.abandon());
}
await browser.close();
