// An answer as it is kept, for tests.

import type { AnswerRecord } from "../src/protocol.ts";

export const record = (text: string, more: Partial<AnswerRecord> = {}): AnswerRecord => ({
  exercise: "tensor_add",
  text,
  stub: "stub",
  stub_hash: "0123",
  passed: null,
  failed: null,
  updated: "2026-01-01T00:00:00.000Z",
  ...more,
});
