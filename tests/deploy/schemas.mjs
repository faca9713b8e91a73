// Kubernetes' own schemas, as npm has them: what a manifest may say, and what it says that nobody reads.

import * as monitoring from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import * as apps from 'kubernetes-models/apps/v1';
import * as core from 'kubernetes-models/v1';

const models = { 'apps/v1': apps, 'monitoring.coreos.com/v1': monitoring, v1: core };

/** The faults of one manifest, each a line; none where a cluster would take it as it stands. */
export function faultsOf(manifest) {
  const model = models[manifest?.apiVersion]?.[manifest?.kind];
  if (!model) return [`no schema for ${manifest?.apiVersion} ${manifest?.kind}`];
  const unread = new Set();
  try {
    model.prototype.validate.call(watched(manifest, '', unread));
  } catch (e) {
    return e.message.split(', ').map(fault => fault.replace(/^data/, ''));
  }
  // A schema of Kubernetes lets unknown fields pass, and a cluster drops them: a misspelled probe would be no probe. But the validator asks for
  // every field that it knows, and for every key of a map, so what it has not asked for is unknown.
  return [...unread].map(path => `${path} is unknown`);
}

/** The same value, which notes what of it is never read. */
function watched(value, path, unread) {
  if (value === null || typeof value !== 'object') return value;
  const inner = new Map();
  for (const key of Object.keys(value)) unread.add(`${path}/${key}`);
  return new Proxy(value, {
    get(target, key, receiver) {
      if (typeof key !== 'string' || !Object.hasOwn(target, key)) return Reflect.get(target, key, receiver);
      unread.delete(`${path}/${key}`);
      if (!inner.has(key)) inner.set(key, watched(target[key], `${path}/${key}`, unread));
      return inner.get(key);
    },
  });
}
