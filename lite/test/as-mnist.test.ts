import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { asMnist, SIDE } from "../src/as-mnist.ts";

/** Paper of so many pixels a side, with ink in these rectangles: left, top, width, height, value. */
function paper(side: number, ...rectangles: readonly (readonly [number, number, number, number, number])[]) {
  const values = new Uint8Array(side * side);
  for (const [left, top, width, height, value] of rectangles) {
    for (let y = top; y < top + height; y += 1) values.fill(value, y * side + left, y * side + left + width);
  }
  return { width: side, height: side, values };
}

function inked(pixels: Uint8Array): { left: number; top: number; right: number; bottom: number } {
  const at = [...pixels.keys()].filter((one) => pixels[one] !== 0);
  const columns = at.map((one) => one % SIDE);
  const rows = at.map((one) => Math.floor(one / SIDE));
  return { left: Math.min(...columns), top: Math.min(...rows), right: Math.max(...columns), bottom: Math.max(...rows) };
}

describe("a drawing in MNIST's form", () => {
  test("an empty sheet has none", () => {
    assert.equal(asMnist(paper(280)), null);
  });

  test("wherever it is drawn and however large, it is the same", () => {
    const small = asMnist(paper(280, [10, 200, 30, 60, 255]));
    const large = asMnist(paper(280, [120, 20, 120, 240, 255]));
    assert.deepEqual(small, large);
    assert.deepEqual(inked(small ?? new Uint8Array()), { left: 9, top: 4, right: 18, bottom: 23 });
  });

  test("the longer side takes twenty pixels, and the proportions stay", () => {
    const { left, top, right, bottom } = inked(asMnist(paper(280, [50, 100, 200, 50, 255])) ?? new Uint8Array());
    assert.deepEqual([right - left + 1, bottom - top + 1], [20, 5]);
  });

  test("its centre of mass is in the middle, not the centre of its frame", () => {
    // A heavy foot below a thin stem: the frame moves up, so that the foot comes nearer to the middle.
    const pixels = asMnist(paper(200, [90, 0, 20, 180, 255], [0, 180, 200, 20, 255])) ?? new Uint8Array();
    const mass = pixels.reduce((sum, value) => sum + value, 0);
    const down = pixels.reduce((sum, value, at) => sum + value * (Math.floor(at / SIDE) + 0.5), 0) / mass;
    assert.ok(Math.abs(down - SIDE / 2) <= 0.5, `${down}`);
    assert.equal(inked(pixels).top, 0);
  });

  test("what covers half a pixel is half as dark", () => {
    // 30 columns become 20: each new one is a pixel and a half of the old ones.
    const pixels = asMnist(paper(100, [10, 10, 30, 30, 200], [40, 10, 0, 0, 0])) ?? new Uint8Array();
    assert.equal(new Set(pixels).size, 2, "a full square has no grey");
    const stripes = asMnist(paper(100, ...Array.from({ length: 30 }, (_, row) => [10, 10 + row, 30, 1, row % 2 ? 60 : 120] as const)));
    const middle = [...(stripes ?? [])].filter((value) => value !== 0);
    assert.deepEqual([...new Set(middle)].sort(), [100, 80]);
  });

  test("a digit that is in that form already comes back as it was", () => {
    const digit = new Uint8Array(SIDE * SIDE);
    for (let row = 4; row < 24; row += 1) for (let column = 9; column < 19; column += 1) digit[row * SIDE + column] = 1 + ((row * 13 + column * 7) % 5);
    const large = new Uint8Array(280 * 280);
    large.forEach((_, at) => {
      large[at] = digit[Math.floor(at / 2800) * SIDE + Math.floor((at % 280) / 10)] ?? 0;
    });
    assert.deepEqual(asMnist({ width: 280, height: 280, values: large }), digit);
  });

  test("a dot is a blot, and no error", () => {
    assert.deepEqual(inked(asMnist(paper(280, [0, 279, 1, 1, 255])) ?? new Uint8Array()), { left: 4, top: 4, right: 23, bottom: 23 });
  });
});
