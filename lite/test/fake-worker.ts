// A worker that says what a test tells it to say, and remembers what it was asked.

import type { FromWorker, ToWorker } from "../src/protocol.ts";
import type { WorkerLike } from "../src/runner.ts";

export class FakeWorker implements WorkerLike {
  readonly heard: ToWorker[] = [];
  terminated = false;
  onmessage: WorkerLike["onmessage"] = null;
  onerror: WorkerLike["onerror"] = null;
  onmessageerror: WorkerLike["onmessageerror"] = null;

  postMessage(message: ToWorker): void {
    this.heard.push(message);
  }

  terminate(): void {
    this.terminated = true;
  }

  say(message: FromWorker): void {
    this.onmessage?.({ data: message });
  }

  /** The job that it was given last. */
  get jobId(): number {
    const job = this.heard.findLast((message) => message.kind === "job");
    if (!job) throw new Error("the worker was given no job");
    return job.id;
  }

  get jobs(): number {
    return this.heard.filter((message) => message.kind === "job").length;
  }
}
