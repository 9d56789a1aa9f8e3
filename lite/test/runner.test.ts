import assert from "node:assert/strict";
import { beforeEach, describe, mock, test } from "node:test";

import type { CheckResult, Reply } from "../src/protocol.ts";
import { reportOf } from "../src/reports.ts";
import { GRACE, HEARING, PATIENCE, Runner, SILENCE, type Ask, type Phase, type Result } from "../src/runner.ts";
import { FakeWorker } from "./fake-worker.ts";

const check = (outcome: CheckResult["outcome"]): CheckResult => ({
  name: "test_adds",
  claim: "It adds.",
  outcome,
  message: "",
  hint: "",
  line: null,
  seconds: 0.1,
});

const reply = (outcome: CheckResult["outcome"] = "passed"): Reply => ({
  kind: "report",
  report: { exercise: "tensor_add", outcome, checks: [check(outcome)], stdout: "", traceback: "", seconds: 0.1 },
});

const ask = (more: Partial<Ask> = {}): Ask => ({
  key: "check:tensor_add",
  job: { request: { kind: "check", exercise: "tensor_add", text: "def __add__(self, other): …" }, chapters: [], packages: [] },
  limit: 10,
  yields: true,
  ...more,
});

const replay = (more: Partial<Ask> = {}): Ask => ask({ key: "replay:steps", background: true, ...more });

let workers: FakeWorker[];
let phases: Phase["kind"][];
let interrupt: Uint8Array;

function runner(isolated = false): Runner {
  return new Runner({
    spawn: () => {
      const worker = new FakeWorker();
      workers.push(worker);
      return worker;
    },
    interrupt: isolated ? interrupt : null,
    onPhase: (phase) => phases.push(phase.kind),
  });
}

const worker = (number: number): FakeWorker => {
  const found = workers[number];
  assert.ok(found, `there is no worker ${number}`);
  return found;
};

/** Let a new runner's first worker be ready and begin the job. */
function begun(number = 0): FakeWorker {
  const one = worker(number);
  one.say({ kind: "ready" });
  one.say({ kind: "heard", id: one.jobId });
  one.say({ kind: "begun", id: one.jobId });
  return one;
}

const settled = async (result: Promise<Result>): Promise<boolean> =>
  (await Promise.race([result, Promise.resolve("waiting")])) !== "waiting";

beforeEach(() => {
  workers = [];
  interrupt = new Uint8Array(1);
  phases = [];
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
});

describe("the runtime's start", () => {
  test("happens on the first request, and once", () => {
    const one = runner();
    assert.equal(workers.length, 0);
    one.start();
    one.start();
    void one.run(ask());
    assert.equal(workers.length, 1);
    assert.equal(worker(0).jobs, 0, "no job before it is ready");
    worker(0).say({ kind: "ready" });
    assert.equal(worker(0).jobs, 1);
  });

  test("reports its progress", () => {
    runner().start();
    worker(0).say({ kind: "progress", progress: { step: "Loading", loaded: 1, total: 2 } });
    worker(0).say({ kind: "ready" });
    assert.deepEqual(phases, ["starting", "starting", "ready"]);
  });

  test("that fails answers everybody who waits, and the next request tries again", async () => {
    const one = runner();
    const first = one.run(ask());
    worker(0).say({ kind: "unavailable", reason: "Could not download numpy.whl (404)." });
    assert.deepEqual(await first.result, { kind: "unavailable", reason: "Could not download numpy.whl (404)." });
    assert.ok(worker(0).terminated);
    const second = one.run(ask());
    begun(1).say({ kind: "reply", id: worker(1).jobId, reply: reply() });
    assert.equal((await second.result).kind, "reply");
  });

  test("of a worker whose script is missing is a failure to start", async () => {
    const one = runner();
    const { result } = one.run(ask());
    worker(0).onerror?.({});
    assert.equal((await result).kind, "unavailable");
  });

  test("can be stopped while it hangs", async () => {
    const one = runner();
    const run = one.run(ask());
    run.stop();
    assert.equal((await run.result).kind, "stopped");
    assert.ok(worker(0).terminated);
    assert.equal(phases.at(-1), "off");
  });

  test("that is never heard of is given up, and the next request tries again", async () => {
    const one = runner();
    const { result } = one.run(ask());
    mock.timers.tick(SILENCE - 1);
    worker(0).say({ kind: "progress", progress: { step: "Loading", loaded: 1, total: 2 } });
    mock.timers.tick(SILENCE - 1);
    assert.equal(await settled(result), false, "a slow connection is not silence");
    mock.timers.tick(1);
    const given = await result;
    assert.ok(given.kind === "unavailable");
    assert.match(given.reason, /nothing was heard of it for 60 s/);
    assert.ok(worker(0).terminated);
    const second = one.run(ask());
    begun(1).say({ kind: "reply", id: worker(1).jobId, reply: reply() });
    assert.equal((await second.result).kind, "reply");
  });

  test("that is over is not waited for", () => {
    runner().start();
    worker(0).say({ kind: "ready" });
    mock.timers.tick(2 * SILENCE);
    assert.equal(worker(0).terminated, false);
  });
});

describe("a run", () => {
  test("passes on events and ends in its reply", async () => {
    const seen: string[] = [];
    const one = runner();
    const { result } = one.run(ask({ onEvent: (event) => seen.push(event.kind) }));
    const first = begun();
    first.say({ kind: "event", id: first.jobId, event: { kind: "stdout", text: "hello" } });
    first.say({ kind: "event", id: first.jobId, event: { kind: "checked", check: check("passed") } });
    first.say({ kind: "reply", id: first.jobId, reply: reply() });
    assert.deepEqual(await result, { kind: "reply", reply: reply(), replaced: false });
    assert.deepEqual(seen, ["stdout", "checked"]);
  });

  test("is not timed while packages are still downloaded", async () => {
    const one = runner();
    const { result } = one.run(ask());
    worker(0).say({ kind: "ready" });
    worker(0).say({ kind: "heard", id: worker(0).jobId });
    mock.timers.tick(SILENCE - 1);
    worker(0).say({ kind: "progress", progress: { step: "Loading", loaded: 1, total: 2 } });
    mock.timers.tick(SILENCE - 1);
    assert.equal(await settled(result), false);
  });

  test("that never begins, because its packages never come, ends; what waits behind it does not", async () => {
    const one = runner();
    const first = one.run(ask({ yields: false }));
    const second = one.run(ask({ key: "check:tensor_matmul" }));
    worker(0).say({ kind: "ready" });
    worker(0).say({ kind: "heard", id: worker(0).jobId });
    mock.timers.tick(SILENCE);
    assert.equal((await first.result).kind, "unavailable");
    begun(1).say({ kind: "reply", id: worker(1).jobId, reply: reply() });
    assert.equal((await second.result).kind, "reply");
  });

  test("that prints without end is stopped like any other", async () => {
    const one = runner();
    const { result } = one.run(ask({ limit: 10 }));
    const first = begun();
    for (let second = 0; second < 10; second += 1) {
      first.say({ kind: "event", id: first.jobId, event: { kind: "stdout", text: "again\n" } });
      mock.timers.tick(1000);
    }
    const stopped = await result;
    assert.ok(stopped.kind === "stopped" && stopped.by === "watchdog");
  });

  test("gets its time anew with each finished check", async () => {
    const one = runner();
    const { result } = one.run(ask({ limit: 10 }));
    const first = begun();
    mock.timers.tick(9_000);
    first.say({ kind: "event", id: first.jobId, event: { kind: "checked", check: check("passed") } });
    mock.timers.tick(9_000);
    assert.equal(await settled(result), false);
    mock.timers.tick(1_000);
    assert.equal((await result).kind, "stopped");
  });

  test("gets its time anew with each epoch, and not with what it prints", async () => {
    const one = runner();
    const { result } = one.run(ask({ limit: 10 }));
    const first = begun();
    mock.timers.tick(9_000);
    first.say({ kind: "event", id: first.jobId, event: { kind: "progress", done: 1, total: 9, words: "epoch 1 of 9" } });
    mock.timers.tick(9_000);
    first.say({ kind: "event", id: first.jobId, event: { kind: "stdout", text: "still here" } });
    assert.equal(await settled(result), false);
    mock.timers.tick(1_000);
    assert.equal((await result).kind, "stopped");
  });
});

describe("Stop without shared memory", () => {
  test("takes the worker away at once and starts another", async () => {
    const one = runner();
    const run = one.run(ask());
    const first = begun();
    run.stop();
    const result = await run.result;
    assert.ok(result.kind === "stopped" && result.by === "learner" && result.replaced);
    assert.ok(first.terminated);
    assert.equal(workers.length, 2);
    // What the old worker still says is not heard.
    first.say({ kind: "reply", id: 1, reply: reply() });
    const next = one.run(ask());
    begun(1).say({ kind: "reply", id: worker(1).jobId, reply: reply() });
    assert.equal((await next.result).kind, "reply");
  });
});

describe("Stop with shared memory", () => {
  test("interrupts, and keeps the worker that answers", async () => {
    const one = runner(true);
    const run = one.run(ask());
    const first = begun();
    run.stop();
    assert.equal(interrupt[0], 2);
    first.say({ kind: "interrupted", id: first.jobId });
    const result = await run.result;
    assert.ok(result.kind === "stopped" && !result.replaced);
    assert.equal(first.terminated, false);
    void one.run(ask());
    assert.equal(interrupt[0], 0, "the next run is not interrupted by the last one's signal");
    assert.equal(first.jobs, 2);
  });

  test("takes away a worker that does not answer well within a second", async () => {
    const one = runner(true);
    const run = one.run(ask());
    const first = begun();
    run.stop();
    mock.timers.tick(GRACE - 1);
    assert.equal(first.terminated, false);
    mock.timers.tick(500 - GRACE + 1);
    assert.ok(first.terminated);
    assert.equal((await run.result).kind, "stopped");
  });

  test("says stopped when checks failed of the interrupt, but passed when they had just passed", async () => {
    const one = runner(true);
    const run = one.run(ask());
    const first = begun();
    run.stop();
    first.say({ kind: "reply", id: first.jobId, reply: reply("timeout") });
    assert.equal((await run.result).kind, "stopped");
    const again = one.run(ask());
    first.say({ kind: "begun", id: first.jobId });
    again.stop();
    first.say({ kind: "reply", id: first.jobId, reply: reply("passed") });
    assert.equal((await again.result).kind, "reply");
  });
});

describe("a check while something runs", () => {
  test("waits a moment for it to finish by itself", async () => {
    const one = runner();
    const first = one.run(ask());
    const only = begun();
    const second = one.run(ask({ key: "check:tensor_matmul" }));
    only.say({ kind: "reply", id: only.jobId, reply: reply() });
    assert.equal((await first.result).kind, "reply");
    only.say({ kind: "reply", id: only.jobId, reply: reply() });
    assert.equal((await second.result).kind, "reply");
    assert.equal(workers.length, 1);
  });

  test("stops it then, and runs", async () => {
    const one = runner();
    const first = one.run(ask());
    begun();
    const second = one.run(ask({ key: "check:tensor_matmul" }));
    mock.timers.tick(PATIENCE);
    const stopped = await first.result;
    assert.ok(stopped.kind === "stopped" && stopped.by === "another");
    begun(1).say({ kind: "reply", id: worker(1).jobId, reply: reply() });
    assert.equal((await second.result).kind, "reply");
  });

  test("leaves an export alone", async () => {
    const one = runner();
    const records = one.run(
      ask({ key: "export", yields: false, job: { request: { kind: "export", records: [], questions: [], versions: [] }, chapters: [], packages: [] } }),
    );
    begun();
    void one.run(ask());
    mock.timers.tick(5 * PATIENCE);
    assert.equal(await settled(records.result), false);
  });

  test("takes the place of the same check that still waits", async () => {
    const one = runner();
    const first = one.run(ask());
    void one.run(ask());
    const stopped = await first.result;
    assert.ok(stopped.kind === "stopped" && stopped.by === "another");
    worker(0).say({ kind: "ready" });
    assert.equal(worker(0).jobs, 1);
  });
});

describe("a lost runtime", () => {
  test("is told to who waited, and replaced", async () => {
    const one = runner();
    const { result } = one.run(ask());
    begun().say({ kind: "lost", reason: "stack overflow" });
    assert.deepEqual(await result, { kind: "lost", reason: "stack overflow" });
    assert.ok(worker(0).terminated);
    assert.equal(workers.length, 2);
  });

  test("does not take the next job with it", async () => {
    const one = runner();
    const first = one.run(ask());
    const second = one.run(ask({ key: "check:tensor_matmul" }));
    begun();
    worker(0).onerror?.({ message: "out of memory" });
    assert.equal((await first.result).kind, "lost");
    begun(1).say({ kind: "reply", id: worker(1).jobId, reply: reply() });
    assert.equal((await second.result).kind, "reply");
  });

  test("again and again is not started again unasked", () => {
    const one = runner();
    void one.run(ask());
    begun().say({ kind: "lost", reason: "first" });
    void one.run(ask());
    begun(1).say({ kind: "lost", reason: "second" });
    assert.equal(workers.length, 2);
    void one.run(ask());
    assert.equal(workers.length, 3);
  });
});

describe("a worker that wears out", () => {
  test("is replaced after its answer, and who waits gets the new one", async () => {
    const one = runner();
    const first = one.run(ask());
    const second = one.run(ask({ key: "check:tensor_matmul" }));
    begun().say({ kind: "spent" });
    worker(0).say({ kind: "reply", id: worker(0).jobId, reply: reply() });
    assert.deepEqual(await first.result, { kind: "reply", reply: reply(), replaced: true });
    assert.ok(worker(0).terminated);
    begun(1).say({ kind: "reply", id: worker(1).jobId, reply: reply() });
    assert.deepEqual(await second.result, { kind: "reply", reply: reply(), replaced: false });
  });

  test("that an earlier run has broken does not cost the next run its result", async () => {
    const one = runner();
    const first = one.run(ask());
    begun().say({ kind: "reply", id: worker(0).jobId, reply: reply() });
    await first.result;
    const second = one.run(ask());
    worker(0).say({ kind: "begun", id: worker(0).jobId });
    worker(0).say({ kind: "broken", reason: "FileNotFoundError" });
    assert.ok(worker(0).terminated);
    begun(1).say({ kind: "reply", id: worker(1).jobId, reply: reply() });
    assert.equal((await second.result).kind, "reply");
  });

  test("because an earlier run left code behind that keeps it busy, does not hear, and is replaced", async () => {
    const one = runner();
    void one.run(ask());
    begun().say({ kind: "reply", id: worker(0).jobId, reply: reply() });
    const { result } = one.run(ask());
    mock.timers.tick(HEARING);
    assert.ok(worker(0).terminated);
    begun(1).say({ kind: "reply", id: worker(1).jobId, reply: reply() });
    assert.equal((await result).kind, "reply");
  });

  test("by the run itself is told, and not tried for ever", async () => {
    const one = runner();
    void one.run(ask());
    begun().say({ kind: "reply", id: worker(0).jobId, reply: reply() });
    const { result } = one.run(ask());
    worker(0).say({ kind: "begun", id: worker(0).jobId });
    worker(0).say({ kind: "broken", reason: "NameError" });
    begun(1).say({ kind: "broken", reason: "NameError" });
    assert.deepEqual(await result, { kind: "lost", reason: "NameError" });
  });
});

describe("what the page wishes by itself", () => {
  test("waits until the learner has what they asked for", () => {
    const one = runner();
    const order: string[] = [];
    void one.run(replay({ onBegun: () => order.push("replay") }));
    void one.run(ask({ onBegun: () => order.push("check") }));
    begun().say({ kind: "reply", id: worker(0).jobId, reply: reply() });
    worker(0).say({ kind: "begun", id: worker(0).jobId });
    assert.deepEqual(order, ["check", "replay"]);
  });

  test("gives way at once where it can be interrupted, and comes back", async () => {
    const one = runner(true);
    const quiet = one.run(replay());
    const first = begun();
    const check = one.run(ask());
    assert.equal(interrupt[0], 2);
    first.say({ kind: "interrupted", id: first.jobId });
    first.say({ kind: "begun", id: first.jobId });
    first.say({ kind: "reply", id: first.jobId, reply: reply() });
    assert.equal((await check.result).kind, "reply");
    first.say({ kind: "begun", id: first.jobId });
    first.say({ kind: "reply", id: first.jobId, reply: reply() });
    assert.equal((await quiet.result).kind, "reply");
    assert.equal(workers.length, 1);
  });

  test("is waited for where an interruption would cost a new Python", async () => {
    const one = runner();
    const quiet = one.run(replay());
    begun();
    void one.run(ask());
    mock.timers.tick(PATIENCE);
    worker(0).say({ kind: "reply", id: worker(0).jobId, reply: reply() });
    assert.equal((await quiet.result).kind, "reply");
    assert.equal(workers.length, 1);
  });

  test("does not stop the learner's run", async () => {
    const one = runner(true);
    const check = one.run(ask());
    begun();
    void one.run(replay());
    mock.timers.tick(5 * PATIENCE);
    assert.equal(await settled(check.result), false);
  });
});

describe("the Report of a run that Python could not report", () => {
  const seen = { exercise: "tensor_add", checks: [check("passed")], stdout: "so far" };

  test("keeps what was seen before the end", () => {
    const report = reportOf({ kind: "stopped", by: "watchdog", seconds: 10.02, replaced: false }, seen);
    assert.equal(report.outcome, "timeout");
    assert.deepEqual(report.checks.map(({ name, outcome }) => [name, outcome]), [
      ["test_adds", "passed"],
      ["finishes", "timeout"],
    ]);
    assert.match(report.checks[1]?.message ?? "", /ran for 10 s without finishing/);
    assert.match(report.checks[1]?.hint ?? "", /loop that never ends/);
    assert.equal(report.stdout, "so far");
  });

  test("has the reason why Python could not start", () => {
    const report = reportOf({ kind: "unavailable", reason: "Could not download numpy.whl (404)." }, seen);
    assert.equal(report.outcome, "runtime_lost");
    assert.equal(report.checks.at(-1)?.name, "runtime");
    assert.match(report.checks.at(-1)?.message ?? "", /numpy\.whl \(404\)/);
  });
});
