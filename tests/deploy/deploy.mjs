// What deploy/ holds: Prometheus' rules, Grafana's dashboard, Kubernetes' manifests.
//
// usage: node deploy.mjs
//
// Needs promtool and the native binary (DYNODE_BINARY, else artifacts/dynode); with a kubectl that knows kustomize 4 or later the manifests are also put together as a user would do it.
// The last line is "N passed, N failed".

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';
import { run } from '../sentences.mjs';
import { allModes, families, modes, namedIn, read, root } from './families.mjs';
import { faultsOf } from './schemas.mjs';
import { binary, scrapes } from './scraped.mjs';

const folder = fileURLToPath(new URL('deploy/', root));
const rules = parse(read('deploy/prometheus/alerts.yml')).groups.flatMap(group => group.rules);
const ruleTests = parse(read('deploy/prometheus/alerts.test.yml'), { maxAliasCount: -1 }).tests;
const dashboard = JSON.parse(read('deploy/grafana/dynode.json'));
const panels = dashboard.panels.filter(panel => panel.type !== 'row');
const dashboardExpressions = [
  ...panels.flatMap(panel => panel.targets.map(target => target.expr)),
  ...dashboard.annotations.list.map(annotation => annotation.expr),
  ...dashboard.templating.list.filter(variable => variable.definition).map(variable => variable.definition),
];
const manifests = Object.fromEntries(['deployment', 'service', 'podmonitor/podmonitor'].map(name => [name, parse(read(`deploy/kubernetes/${name}.yaml`))]));
const pod = manifests.deployment.spec.template.spec;
const configuration = Object.fromEntries(read('deploy/kubernetes/configuration').split('\n').filter(line => line && !line.startsWith('#')).map(line => line.split(/=(.*)/s)));

/** Longer than any of these takes on a busy machine; what takes longer hangs. */
const commandMillisecondsMax = 60_000;

function command(name, ...options) {
  const { status, stdout, stderr, error } = spawnSync(name, options, { encoding: 'utf8', timeout: commandMillisecondsMax });
  if (error) throw error;
  return { status, text: stdout + stderr, stdout };
}

function lints(scrape) {
  const { status, stdout, stderr, error } = spawnSync('promtool', ['check', 'metrics'], { input: scrape, encoding: 'utf8', timeout: commandMillisecondsMax });
  if (error) throw error;
  return { status, text: stdout + stderr };
}

/** Prometheus' own reader of the format, which wants to know when each sample was taken. */
function readsOpenMetrics(scrape) {
  return inFolder(path => {
    const file = join(path, 'scrape');
    writeFileSync(file, scrape.replace(/^([^#\n].*)$/gm, '$1 1700000000'));
    return command('promtool', 'tsdb', 'create-blocks-from', 'openmetrics', file, path);
  });
}

/** The families of a scrape, by its heads. */
const headed = scrape => new Map([...scrape.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => [name, type]));

function succeeds(name, ...options) {
  const { status, text, stdout } = command(name, ...options);
  assert.equal(status, 0, text);
  return stdout;
}

/** A folder that is gone afterwards. */
function inFolder(work) {
  const path = mkdtempSync(join(tmpdir(), 'dynode-deploy-'));
  try {
    return work(path);
  } finally {
    rmSync(path, { recursive: true });
  }
}

/** Where nobody votes nobody can differ; where somebody does, who votes is asked for and not who is up. */
const isOfOthers = (alert, mode) => ({ DynodeServersDiffer: ['reply=none'], DynodeNoServerUp: ['framed'] })[alert]?.includes(mode);

const same = (manifest, change) => { const copy = structuredClone(manifest); change(copy); return copy; };

const checks = {
  Prometheus_takes_the_rules_and_the_example() {
    succeeds('promtool', 'check', 'rules', `${folder}prometheus/alerts.yml`);
    succeeds('promtool', 'check', 'config', `${folder}prometheus/prometheus.yml`);
  },

  The_rules_say_what_they_must_in_every_mode() {
    succeeds('promtool', 'test', 'rules', `${folder}prometheus/alerts.test.yml`);
  },

  A_rule_that_is_wrong_does_not_pass() {
    const refused = (wrong, right) => inFolder(path => {
      const text = read('deploy/prometheus/alerts.yml');
      assert.ok(text.includes(right), right);
      writeFileSync(join(path, 'alerts.yml'), text.replaceAll(right, wrong));
      copyFileSync(`${folder}prometheus/alerts.test.yml`, join(path, 'alerts.test.yml'));
      assert.notEqual(command('promtool', 'test', 'rules', join(path, 'alerts.test.yml')).status, 0, `${wrong} for ${right}`);
    });
    refused('', ', reply!="none"');
    refused('', '|seeking');
    refused('dynode_log_ranges_doubtful_total', 'dynode_log_ranges_differing_total');
    refused('', ' and deriv(dynode_log_lag_numbers[5m]) > 0');
    refused('', 'unless on (job, instance, server) dynode_server_log_owned == 0');
    refused('', 'unless on (job, instance) max by (job, instance) (dynode_server_log_owned) == 0');
    refused('', 'unless on (job, instance) (dynode_build_info{protocol="raw"} and on (job, instance) dynode_clients == 0)');
  },

  Each_rule_is_made_to_fire_and_is_tried_in_every_mode() {
    for (const { alert, expr } of rules) {
      const about = ruleTests.flatMap(test => test.alert_rule_test.filter(one => one.alertname === alert).map(one => ({ mode: test.name.split(':')[0], fires: one.exp_alerts?.length > 0 })));
      assert.ok(about.some(one => one.fires), `${alert} never fires`);
      assert.ok(about.some(one => !one.fires), `${alert} is never silent`);
      for (const mode of modes) assert.ok(about.some(one => one.mode === mode), `${alert} is not tried in ${mode}`);
      // Where all that a rule asks for is there, it must be seen to fire.
      const asked = namedIn(expr);
      for (const mode of modes.filter(mode => asked.length > 0 && asked.every(name => families.get(name).shown.includes(mode)) && !isOfOthers(alert, mode)))
        assert.ok(about.some(one => one.mode === mode && one.fires), `${alert} never fires in ${mode}`);
      for (const mode of ['log', 'tls'].filter(mode => asked.some(name => families.get(name).shown.join() === mode)))
        assert.ok(about.some(one => one.mode === mode && one.fires) && about.some(one => one.mode === mode && !one.fires), `${alert} is not tried with ${mode}`);
    }
  },

  The_rules_tests_feed_each_mode_with_what_it_has() {
    let series = 0;
    for (const test of ruleTests) {
      const mode = test.name.split(':')[0];
      for (const one of test.input_series) {
        const [, name, inside] = one.series.match(/^(\w+)\{(.*)\}$/);
        if (name === 'up') continue;
        const family = families.get(name);
        assert.ok(family?.shown.includes(mode), `${test.name}: ${name}`);
        const labels = [...inside.matchAll(/(\w+)=/g)].map(([, label]) => label).filter(label => !['job', 'instance'].includes(label));
        assert.deepEqual(labels.sort(), [...family.labels].sort(), `${test.name}: ${name}`);
        series++;
      }
    }
    assert.ok(series > 100, `${series} series`);
  },

  What_an_alert_says_names_labels_that_it_has() {
    for (const { alert, annotations, labels } of rules) {
      assert.ok(annotations.summary && annotations.description && ['page', 'warning'].includes(labels.severity), alert);
      for (const test of ruleTests)
        for (const one of test.alert_rule_test.filter(one => one.alertname === alert))
          for (const fired of one.exp_alerts ?? []) {
            for (const [, label] of JSON.stringify(annotations).matchAll(/\$labels\.(\w+)/g)) assert.ok(fired.exp_labels[label], `${alert}: ${label}`);
          }
    }
  },

  The_families_have_names_as_prometheus_wants_them() {
    for (const [name, { type, shown }] of families) {
      assert.equal(name.endsWith('_total'), type === 'counter', name);
      assert.ok(shown, `${name}: in which modes?`);
      assert.match(name, /^(dynode|process)_[a-z_]+$/);
    }
    assert.ok(families.size > 40);
  },

  Rules_and_dashboard_speak_of_families_that_there_are() {
    for (const expression of [...rules.map(rule => rule.expr), ...dashboardExpressions])
      for (const name of namedIn(expression)) assert.ok(families.has(name), `${name} in ${expression}`);
    assert.deepEqual(namedIn('rate(dynode_request_duration_seconds_bucket[5m]) / dynode_serverup'), ['dynode_request_duration_seconds', 'dynode_serverup'], 'a wrong one is seen');
  },

  Rules_and_dashboard_group_by_labels_that_their_families_have() {
    for (const expression of [...rules.map(rule => rule.expr), ...dashboardExpressions]) {
      const known = new Set(['job', 'instance', 'le', ...namedIn(expression).flatMap(name => families.get(name).labels)]);
      for (const [, labels] of expression.matchAll(/\b(?:by|on) \(([^)]*)\)/g))
        for (const label of labels.split(/, */)) assert.ok(known.has(label), `${label} in ${expression}`);
    }
    for (const panel of panels)
      for (const { expr, legendFormat } of panel.targets) {
        const shown = /\bby \(([^)]*)\)/.exec(expr)?.[1].split(/, */) ?? ['instance', ...namedIn(expr).flatMap(name => families.get(name).labels)];
        for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) assert.ok(shown.includes(label), `${panel.title}: ${label} is not in the result of ${expr}`);
      }
  },

  Every_expression_of_the_dashboard_is_one() {
    inFolder(path => {
      const expressions = dashboardExpressions.filter(expression => !expression.startsWith('label_values('));
      const file = join(path, 'dashboard.yml');
      writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: expressions.map((expression, i) => ({
        record: `panel:${i}`, expr: expression.replaceAll('$__rate_interval', '1m').replaceAll('$instance', '.*') })) }] }));
      succeeds('promtool', 'check', 'rules', file);
      writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboard', rules: [{ record: 'panel:0', expr: 'rate(dynode_requests_total)' }] }] }));
      assert.notEqual(command('promtool', 'check', 'rules', file).status, 0);
    });
  },

  Counters_are_shown_by_their_rate_and_gauges_as_they_are() {
    for (const { title, targets } of panels)
      for (const { expr } of targets)
        for (const name of namedIn(expr)) {
          const { type } = families.get(name);
          assert.equal(new RegExp(`(rate|increase)\\(${name}(_bucket)?\\b`).test(expr), type !== 'gauge', `${title}: ${expr}`);
        }
  },

  The_dashboard_can_be_imported_anywhere() {
    const text = JSON.stringify(dashboard);
    assert.equal(dashboard.schemaVersion, 39);
    assert.doesNotMatch(text, /"id":/);
    assert.equal(dashboard.uid, undefined);
    assert.deepEqual(dashboard.templating.list.map(variable => [variable.name, variable.type]), [['datasource', 'datasource'], ['instance', 'query']]);
    assert.ok([...text.matchAll(/"uid":"([^"]*)"/g)].every(([, uid]) => uid === '${datasource}'));
    for (const panel of panels) {
      assert.ok(panel.targets.length > 0 && panel.datasource.uid === '${datasource}', panel.title);
      for (const { expr } of panel.targets) assert.ok(expr.includes('instance=~"$instance"'), `${panel.title}: ${expr}`);
    }
    assert.equal(new Set(panels.map(panel => panel.title)).size, panels.length, 'each title once');
  },

  No_panel_lies_on_another() {
    const taken = new Map();
    for (const { title, gridPos: { x, y, w, h } } of dashboard.panels) {
      assert.ok(x >= 0 && x + w <= 24, title);
      for (let column = x; column < x + w; column++)
        for (let line = y; line < y + h; line++) {
          assert.ok(!taken.has(`${column},${line}`), `${title} lies on ${taken.get(`${column},${line}`)}`);
          taken.set(`${column},${line}`, title);
        }
    }
  },

  A_cluster_takes_the_manifests_as_they_stand() {
    for (const [name, manifest] of Object.entries(manifests)) assert.deepEqual(faultsOf(manifest), [], name);
  },

  A_bad_manifest_is_refused() {
    const { deployment, service, 'podmonitor/podmonitor': monitor } = manifests;
    const bad = [
      [same(deployment, d => { d.spec.template.spec.containers[0].livenesProbe = {}; }), '/spec/template/spec/containers/0/livenesProbe is unknown'],
      [same(deployment, d => { d.spec.template.spec.securityContext.runAsNonroot = true; }), '/spec/template/spec/securityContext/runAsNonroot is unknown'],
      [same(deployment, d => { d.spec.template.spec.containers[0].ports[0].containerPort = '9000'; }), '/spec/template/spec/containers/0/ports/0/containerPort must be integer'],
      [same(deployment, d => { delete d.spec.selector; }), '/spec must have required property selector'],
      [same(deployment, d => { d.spec.template.spec.terminationGracePeriodSeconds = 'long'; }), '/spec/template/spec/terminationGracePeriodSeconds must be integer'],
      [same(deployment, d => { d.apiVersion = 'apps/v2'; }), 'no schema for apps/v2 Deployment'],
      [same(service, d => { d.spec.ports[0].targetPorts = 1; }), '/spec/ports/0/targetPorts is unknown'],
      [same(service, d => { d.specs = {}; }), '/specs is unknown'],
      [same(monitor, d => { d.spec.podMetricsEndpoints[0].interval = 'often'; }), '/spec/podMetricsEndpoints/0/interval must match'],
      [same(monitor, d => { d.spec.jobLable = 'x'; }), '/spec/jobLable is unknown'],
    ];
    for (const [manifest, fault] of bad) {
      const faults = faultsOf(manifest);
      assert.ok(faults.some(one => one.startsWith(fault)), `${fault}: ${faults}`);
    }
  },

  Probes_and_monitor_ask_the_admin_port_and_clients_come_to_the_other() {
    const [container] = pod.containers;
    const ports = Object.fromEntries(container.ports.map(port => [port.name, port.containerPort]));
    assert.equal(configuration.port, String(ports.clients));
    assert.equal(configuration.admin, `*:${ports.admin}`);
    assert.equal(configuration.host, '*');
    assert.deepEqual([container.livenessProbe.httpGet, container.readinessProbe.httpGet], [{ path: '/healthz', port: 'admin' }, { path: '/readyz', port: 'admin' }]);
    assert.deepEqual(manifests.service.spec.ports.map(port => [port.port, port.targetPort]), [[ports.clients, 'clients']]);
    const monitor = manifests['podmonitor/podmonitor'].spec;
    assert.deepEqual(monitor.podMetricsEndpoints.map(endpoint => [endpoint.port, endpoint.path]), [['admin', '/metrics']]);
    const { labels } = manifests.deployment.spec.template.metadata;
    for (const selector of [manifests.deployment.spec.selector.matchLabels, manifests.service.spec.selector, monitor.selector.matchLabels]) assert.deepEqual(selector, labels);
    // The rules go by this job.
    assert.equal(labels[monitor.jobLabel], 'dynode');
  },

  The_pod_is_given_the_time_that_its_end_takes() {
    const end = Number(configuration.drain_delay) + Number(configuration.drain_timeout);
    const { terminationGracePeriodSeconds: grace, containers: [{ readinessProbe: ready }] } = pod;
    assert.ok(end > 0 && grace >= end + 2, `${grace} s for ${end} s`);
    // The cluster must have seen that it is not ready before it lets nobody in.
    assert.ok(Number(configuration.drain_delay) > ready.periodSeconds * ready.failureThreshold, 'readiness is asked more than once in drain_delay');
  },

  The_pod_may_do_nothing_that_it_need_not() {
    const [container] = pod.containers;
    assert.equal(pod.automountServiceAccountToken, false);
    assert.equal(pod.securityContext.runAsNonRoot, true);
    assert.ok(pod.securityContext.runAsUser > 0 && pod.securityContext.runAsGroup > 0);
    assert.deepEqual(pod.securityContext.seccompProfile, { type: 'RuntimeDefault' });
    assert.deepEqual(container.securityContext, { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
    assert.ok(container.resources.limits.memory && container.resources.requests.memory && container.resources.requests.cpu);
    for (const name of ['hostNetwork', 'hostPID', 'hostIPC']) assert.equal(pod[name], undefined);
  },

  The_binary_takes_the_configuration_that_the_pod_is_given() {
    const said = succeeds(binary, '--check', '-c', `${folder}kubernetes/configuration`);
    for (const [key, value] of Object.entries(configuration)) assert.ok(said.includes(`${key}=`) && value, key);
    inFolder(path => {
      writeFileSync(join(path, 'configuration'), `${read('deploy/kubernetes/configuration')}\ndrain_dealy=5\n`);
      assert.equal(command(binary, '--check', '-c', join(path, 'configuration')).status, 78);
    });
  },

  Two_broadcasters_never_run_at_once() {
    assert.equal(manifests.deployment.spec.replicas, 1);
    assert.deepEqual(manifests.deployment.spec.strategy, { type: 'Recreate' });
  },

  The_image_is_of_this_version() {
    const [, version] = read('Directory.Build.props').match(/<Version>([^<]+)</);
    assert.deepEqual(parse(read('deploy/kubernetes/kustomization.yaml')).images, [{ name: 'dynode', newName: 'dynode', newTag: version }]);
    assert.match(read('Dockerfile.distroless'), new RegExp(`USER ${pod.securityContext.runAsUser}:${pod.securityContext.runAsGroup}`));
  },
};

for (const mode of allModes) {
  checks[`A_scrape_in_mode_${mode}_is_clean_in_both_formats`] = async () => {
    const { text, open } = await scrapes(mode);
    assert.deepEqual([text.status, text.type, open.status, open.type], [200, 'text/plain; version=0.0.4; charset=utf-8', 200, 'application/openmetrics-text; version=1.0.0; charset=utf-8']);
    assert.deepEqual(lints(text.text), { status: 0, text: '' });
    const { status, text: said } = readsOpenMetrics(open.text);
    assert.equal(status, 0, said);
    assert.ok(open.text.endsWith('\n# EOF\n'));
    const told = headed(text.text);
    // Nor what is not known of a stream that nobody has reached, or of servers that no connection has begun with.
    const never = [
      'dynode_servers_list_age_seconds', 'dynode_servers_list_faults_total', 'dynode_log_round_trip_seconds', 'dynode_server_log_number', 'dynode_server_log_lag_numbers', 'dynode_server_catch_up_seconds',
      'dynode_server_once_mode', 'dynode_server_batch_aborts_total', 'dynode_server_repeats_avoided_total', 'dynode_server_fences_lost_total',
    ];
    assert.deepEqual([...told.keys()].sort(), [...families].filter(([name, { shown }]) => shown.includes(mode) && !never.includes(name)).map(([name]) => name).sort());
    for (const [name, type] of told) assert.equal(type, families.get(name).type, name);
    for (const [name, type] of headed(open.text)) assert.equal(type, told.get(type === 'counter' ? `${name}_total` : name), name);
  };
}

checks.A_scrape_that_is_wrong_does_not_pass = () => {
  const good = '# HELP a_total Of a.\n# TYPE a_total counter\na_total 1\n';
  assert.deepEqual(lints(good), { status: 0, text: '' });
  for (const bad of [good.replaceAll('a_total', 'a_count'), good.replace('# HELP a_total Of a.\n', ''), `${good}a_total{ 1\n`]) assert.notEqual(lints(bad).status, 0, bad);
  const open = '# HELP a Of a.\n# TYPE a counter\na_total 1\n# EOF\n';
  assert.equal(readsOpenMetrics(open).status, 0);
  for (const bad of [open.replace('# EOF\n', ''), open.replace('a_total 1', 'a_total{x} 1')]) assert.notEqual(readsOpenMetrics(bad).status, 0, bad);
};

if (process.env.DYNODE_KUBECTL) {
  const built = path => parseAllDocuments(succeeds(process.env.DYNODE_KUBECTL, 'kustomize', path)).map(document => document.toJS());

  Object.assign(checks, {
    What_kustomize_makes_of_them_is_right_too() {
      const made = built(`${folder}kubernetes`);
      assert.deepEqual(made.map(one => one.kind).sort(), ['ConfigMap', 'Deployment', 'Service']);
      for (const one of made) assert.deepEqual(faultsOf(one), [], one.kind);
      const [map, deployment] = ['ConfigMap', 'Deployment'].map(kind => made.find(one => one.kind === kind));
      assert.equal(map.data.configuration, read('deploy/kubernetes/configuration'));
      const { containers: [container], volumes: [volume] } = deployment.spec.template.spec;
      assert.equal(volume.configMap.name, map.metadata.name, 'the pod mounts it by the name that kustomize gave it');
      assert.equal(container.volumeMounts[0].name, volume.name);
      assert.match(container.image, /^dynode:\d/);
    },

    The_monitor_is_an_option() {
      inFolder(path => {
        cpSync(`${folder}kubernetes`, join(path, 'base'), { recursive: true });
        writeFileSync(join(path, 'kustomization.yaml'), 'resources: [base]\ncomponents: [base/podmonitor]\n');
        const made = built(path);
        assert.deepEqual(made.map(one => one.kind).sort(), ['ConfigMap', 'Deployment', 'PodMonitor', 'Service']);
        for (const one of made) assert.deepEqual(faultsOf(one), [], one.kind);
      });
    },
  });
}

await run(checks);
