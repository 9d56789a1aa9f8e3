// Lets print() through at a rate that the page survives; how much it may be in all is limited in Python.
// Python runs without pause in its worker, so nothing here can wait for a timer: the first lines go at once,
// for they are often all that a stuck program ever says.

const AT_ONCE = 200;
const BATCH = 4_096;

export class StdoutGate {
  readonly #send: (text: string) => void;
  #waiting = "";
  #sends = 0;

  constructor(send: (text: string) => void) {
    this.#send = send;
  }

  write(text: string): void {
    this.#waiting += text;
    if (this.#sends < AT_ONCE || this.#waiting.length >= BATCH) this.flush();
  }

  flush(): void {
    if (this.#waiting === "") return;
    this.#send(this.#waiting);
    this.#waiting = "";
    this.#sends += 1;
  }
}
