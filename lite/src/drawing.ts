// Paper and pen: a canvas that is drawn on with a mouse, a finger, a stylus, or with the keys.

import type { Ink } from "./as-mnist.ts";

/** The canvas has as many pixels, however large it is shown. */
export const PAPER = 280;
/** Of the paper that a pen of today's width takes, so that a digit that fills it is as thick as those of MNIST. */
const PEN = 22;
/** The keys move by this much: 14 steps from side to side. */
const STEP = 20;
export const STEPS = PAPER / STEP;

interface Point {
  readonly x: number;
  readonly y: number;
}

export interface DrawingOptions {
  readonly canvas: HTMLCanvasElement;
  /** Marks where the pen of the keyboard is. */
  readonly pen: HTMLElement;
  /** Something was drawn, or wiped away. */
  readonly onChange: () => void;
  /** Says where the keyboard's pen is: who does not see it has no other way to know. */
  readonly say: (words: string) => void;
}

export class Drawing {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  readonly #options: DrawingOptions;
  /** The pointer that draws, and where it was last. */
  #pointer: { readonly id: number; at: Point } | null = null;
  #column = Math.floor(STEPS / 2);
  #row = Math.floor(STEPS / 2);
  #down = false;

  constructor(options: DrawingOptions) {
    const context = options.canvas.getContext("2d", { willReadFrequently: true });
    if (!context) throw new Error("this browser has no canvas to draw on");
    this.#options = options;
    this.#canvas = options.canvas;
    this.#context = context;
    this.#canvas.width = this.#canvas.height = PAPER;
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = PEN;
    this.#hearPointer();
    this.#canvas.addEventListener("keydown", (event) => this.#key(event));
    this.#canvas.addEventListener("blur", () => this.#lift());
    this.#placePen();
  }

  get ink(): Ink {
    const { data } = this.#context.getImageData(0, 0, PAPER, PAPER);
    return { width: PAPER, height: PAPER, values: Uint8Array.from({ length: PAPER * PAPER }, (_, at) => data[4 * at + 3] ?? 0) };
  }

  clear(): void {
    this.#pointer = null;
    this.#down = false;
    this.#context.clearRect(0, 0, PAPER, PAPER);
    this.#placePen();
    this.#options.onChange();
  }

  /** Put a picture of 28 by 28 on the paper, each of its pixels a square. */
  put(pixels: Uint8Array, side: number): void {
    this.clear();
    const size = PAPER / side;
    pixels.forEach((value, at) => {
      this.#context.fillStyle = `rgb(0 0 0 / ${value / 255})`;
      this.#context.fillRect((at % side) * size, Math.floor(at / side) * size, size, size);
    });
    this.#options.onChange();
  }

  #hearPointer(): void {
    const canvas = this.#canvas;
    canvas.addEventListener("pointerdown", (event) => {
      if (this.#pointer || event.button !== 0) return; // a second finger, or another button
      canvas.setPointerCapture(event.pointerId);
      this.#pointer = { id: event.pointerId, at: this.#place(event) };
      this.#line(this.#pointer.at, this.#pointer.at);
    });
    canvas.addEventListener("pointermove", (event) => {
      const pointer = this.#pointer;
      if (pointer?.id !== event.pointerId) return;
      // What happened since the last picture: a fast stroke would be made of corners without.
      const between = event.getCoalescedEvents();
      for (const one of between.length > 0 ? between : [event]) {
        const next = this.#place(one);
        this.#line(pointer.at, next);
        pointer.at = next;
      }
    });
    for (const end of ["pointerup", "pointercancel", "lostpointercapture"] as const) {
      canvas.addEventListener(end, ({ pointerId }) => {
        if (this.#pointer?.id !== pointerId) return;
        this.#pointer = null;
        this.#options.onChange();
      });
    }
  }

  #place({ clientX, clientY }: PointerEvent): Point {
    const box = this.#canvas.getBoundingClientRect();
    return { x: ((clientX - box.left) / box.width) * PAPER, y: ((clientY - box.top) / box.height) * PAPER };
  }

  #line(from: Point, to: Point): void {
    this.#context.strokeStyle = "#000";
    this.#context.beginPath();
    this.#context.moveTo(from.x, from.y);
    this.#context.lineTo(to.x, to.y);
    this.#context.stroke();
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    switch (event.key) {
      case "ArrowLeft":
        this.#go(-1, 0);
        break;
      case "ArrowRight":
        this.#go(1, 0);
        break;
      case "ArrowUp":
        this.#go(0, -1);
        break;
      case "ArrowDown":
        this.#go(0, 1);
        break;
      case " ":
        if (!event.repeat) this.#dip();
        break;
      case "Escape":
        this.#lift();
        break;
      case "Delete":
      case "Backspace":
        this.clear();
        this.#options.say("The paper is empty.");
        break;
      default:
        return;
    }
    event.preventDefault(); // arrows and the space bar would scroll the page
  }

  #go(right: number, down: number): void {
    const from = this.#penAt;
    this.#column = Math.min(Math.max(this.#column + right, 0), STEPS - 1);
    this.#row = Math.min(Math.max(this.#row + down, 0), STEPS - 1);
    if (this.#down) this.#line(from, this.#penAt);
    this.#placePen();
    this.#tell();
  }

  #dip(): void {
    if (this.#down) {
      this.#lift();
    } else {
      this.#down = true;
      this.#line(this.#penAt, this.#penAt);
    }
    this.#placePen();
    this.#tell();
  }

  #lift(): void {
    if (!this.#down) return;
    this.#down = false;
    this.#placePen();
    this.#options.onChange();
  }

  get #penAt(): Point {
    return { x: (this.#column + 0.5) * STEP, y: (this.#row + 0.5) * STEP };
  }

  #placePen(): void {
    const { style, dataset } = this.#options.pen;
    style.left = `${((this.#column + 0.5) / STEPS) * 100}%`;
    style.top = `${((this.#row + 0.5) / STEPS) * 100}%`;
    dataset["pen"] = this.#down ? "down" : "up";
  }

  #tell(): void {
    this.#options.say(`Row ${this.#row + 1}, column ${this.#column + 1}, pen ${this.#down ? "down" : "up"}.`);
  }
}
