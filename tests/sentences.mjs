// Runs checks that are named by sentences, one after the other. The last line is "N passed, N failed"; the exit status says the same.

/** Longer than any check takes on a busy machine; what takes longer hangs. */
const checkMillisecondsMax = 60_000;

/** checks: functions by their names. after: what is done when one has failed, before the next. */
export async function run(checks, after = () => {}) {
  let [passed, failed] = [0, 0];
  for (const [name, check] of Object.entries(checks)) {
    const start = performance.now();
    try {
      await within(check());
      passed++;
      console.log(`ok   ${name} (${Math.round(performance.now() - start)} ms)`);
    } catch (e) {
      failed++;
      console.log(`FAIL ${name}: ${e.stack}`);
      await after();
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}

async function within(check) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`not done within ${checkMillisecondsMax} ms`)), checkMillisecondsMax); });
  try {
    await Promise.race([check, late]);
  } finally {
    clearTimeout(timer);
  }
}
