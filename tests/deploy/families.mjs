// deploy/metrics.txt: the families, and who speaks of them.

import { readFileSync } from 'node:fs';

export const root = new URL('../../', import.meta.url);
export const read = path => readFileSync(new URL(path, root), 'utf8');

export const modes = ['framed', 'reply=none', 'raw'];

/** With log= there is all of framed, and more; with tls_port and admin_tls as well. */
export const allModes = [...modes, 'log', 'tls'];

/** name → { type, labels, modes it is shown in }. */
export const families = new Map(read('deploy/metrics.txt').split('\n').filter(line => line && !line.startsWith('#')).map(line => {
  const [name, type, labels, where] = line.split(/ +/);
  const shown = { all: allModes, framed: ['framed', 'reply=none', 'log', 'tls'], votes: ['framed', 'log', 'tls'], raw: ['raw'], log: ['log'], tls: ['tls'] }[where];
  return [name, { type, labels: labels === '-' ? [] : labels.split(','), shown }];
}));

/** The families that an expression names, a histogram by its own name. */
export function namedIn(expression) {
  return [...new Set(expression.match(/\b(?:dynode|process)_[a-z_]+/g) ?? [])].map(name => {
    const histogram = name.replace(/_(?:bucket|sum|count)$/, '');
    return families.get(histogram)?.type === 'histogram' ? histogram : name;
  });
}
