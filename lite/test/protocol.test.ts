import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Malformed } from "../src/parse.ts";
import { parseEvent, parseReply } from "../src/protocol.ts";

const check = { name: "test_a", claim: "It adds.", outcome: "failed", message: "No.", hint: "", line: 3, seconds: 0.01 };
const report = { exercise: "tensor_add", outcome: "failed", checks: [check], stdout: "", traceback: "", seconds: 0.2 };
const record = { exercise: "tensor_add", text: "a", stub: "b", stub_hash: "c", passed: null, failed: "a", updated: "2026-01-01T00:00:00Z" };

const reading = (value: unknown) => () => parseReply(JSON.stringify(value));

describe("replies", () => {
  test("of each kind are read as they are", () => {
    for (const reply of [
      { kind: "opened", chapter: "01_tensor" },
      { kind: "report", report },
      { kind: "source", path: "tinytorch/core/tensor.py", text: "…", regions: [{ object: "Tensor.sum", exercise: "tensor_sum", first: 1, last: 1, mine: true }] },
      { kind: "archive", name: "tinytorch-workspace.zip", base64: "UEs=" },
      { kind: "records", records: [record], questions: [], versions: [], notes: ["One answer was renamed."] },
      { kind: "refused", reason: "The file is not a ZIP." },
    ]) {
      assert.deepEqual(reading(reply)(), reply);
    }
  });

  test("may say more than we know of", () => {
    assert.deepEqual(reading({ kind: "report", report: { ...report, colour: "red" } })(), { kind: "report", report });
  });

  test("that are not JSON are refused", () => {
    assert.throws(() => parseReply("None"), Malformed);
  });

  test("of an unknown kind are refused", () => {
    assert.throws(reading({ kind: "celebrate" }), /reply\.kind: expected opened or report or/);
    assert.throws(reading({ kind: "toString" }), Malformed);
    assert.throws(reading([]), Malformed);
    assert.throws(reading(null), Malformed);
  });

  test("with a wrong part are refused, and the part is named", () => {
    assert.throws(reading({ kind: "report" }), /reply\.report: expected an object, got undefined/);
    assert.throws(reading({ kind: "report", report: { ...report, checks: {} } }), /reply\.report\.checks: expected a list/);
    assert.throws(reading({ kind: "report", report: { ...report, outcome: "great" } }), /reply\.report\.outcome: expected passed or/);
    const odd = { ...report, checks: [check, { ...check, line: "3" }] };
    assert.throws(reading({ kind: "report", report: odd }), /reply\.report\.checks\[1\]\.line: expected a number, got string/);
    assert.throws(reading({ kind: "records", records: [{ ...record, text: 7 }], questions: [], versions: [], notes: [] }), /records\[0\]\.text/);
  });
});

describe("events", () => {
  test("of each kind are read as they are", () => {
    for (const event of [
      { kind: "stdout", text: "hello\n" },
      { kind: "figure", mime: "image/png", base64: "iVBO", alt: "A line.", live: null },
      { kind: "figure", mime: "image/svg+xml", base64: "PHN2", alt: "A loss.", live: "live-1" },
      { kind: "checked", check },
    ]) {
      assert.deepEqual(parseEvent(JSON.stringify(event)), event);
    }
  });

  test("cannot bring in another kind of document as a picture", () => {
    assert.throws(() => parseEvent('{"kind": "figure", "mime": "text/html", "base64": "", "alt": ""}'), Malformed);
  });
});
