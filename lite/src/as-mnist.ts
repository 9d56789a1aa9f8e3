// A drawing in the form of MNIST's digits, made as its authors made them: the ink is scaled, with its proportions kept,
// to fit into 20 by 20 pixels, and placed so that its centre of mass is the middle of 28 by 28.

/** How much ink is where: 0 for paper, 255 for ink. Row after row. */
export interface Ink {
  readonly width: number;
  readonly height: number;
  readonly values: ArrayLike<number>;
}

export const SIDE = 28;
const BOX = 20;

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** 784 bytes, or null where nothing was drawn. */
export function asMnist(ink: Ink): Uint8Array | null {
  const frame = frameOf(ink);
  if (!frame) return null;
  const scale = BOX / Math.max(frame.width, frame.height);
  const width = Math.max(1, Math.round(frame.width * scale));
  const height = Math.max(1, Math.round(frame.height * scale));
  const small = shrink(ink, frame, width, height);
  const { x, y } = centreOfMass(small, width);
  const left = within(Math.round(SIDE / 2 - x), SIDE - width);
  const top = within(Math.round(SIDE / 2 - y), SIDE - height);
  const pixels = new Uint8Array(SIDE * SIDE);
  small.forEach((value, at) => {
    pixels[(top + Math.floor(at / width)) * SIDE + left + (at % width)] = Math.round(value);
  });
  return pixels;
}

/** The smallest rectangle that holds all ink. */
function frameOf({ width, height, values }: Ink): Frame | null {
  let [left, top, right, bottom] = [width, height, -1, -1];
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if ((values[y * width + x] ?? 0) === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** Each new pixel is the mean of what it covers: that is what makes its grey. */
function shrink(ink: Ink, frame: Frame, width: number, height: number): number[] {
  const columns = spans(frame.left, frame.width, width);
  return spans(frame.top, frame.height, height).flatMap((row) =>
    columns.map((column) => {
      let sum = 0;
      for (const [y, high] of row) for (const [x, wide] of column) sum += high * wide * (ink.values[y * ink.width + x] ?? 0);
      return sum;
    }),
  );
}

/** For each of `count` equal parts of a length: the old pixels that it covers, and what share of the part each one is. */
function spans(start: number, length: number, count: number): [number, number][][] {
  const step = length / count;
  return Array.from({ length: count }, (_, part) => {
    const from = part * step;
    const to = from + step;
    const covered: [number, number][] = [];
    for (let at = Math.floor(from); at < Math.min(length, Math.ceil(to)); at += 1) {
      covered.push([start + at, (Math.min(at + 1, to) - Math.max(at, from)) / step]);
    }
    return covered;
  });
}

function centreOfMass(values: readonly number[], width: number): { readonly x: number; readonly y: number } {
  let [mass, x, y] = [0, 0, 0];
  values.forEach((value, at) => {
    mass += value;
    x += value * ((at % width) + 0.5);
    y += value * (Math.floor(at / width) + 0.5);
  });
  return { x: x / mass, y: y / mass };
}

const within = (value: number, most: number): number => Math.min(Math.max(value, 0), most);
