// After Python was replaced: what the old one had shown is made anew where that is quick, and offered where it is not.
// Every experiment runs in a fresh world, so no state is lost with a worker. What a replay brings back is that the page
// shows what the present Python gives, and that what experiments need (a plotting package, say) is loaded again.

import { plural } from "./view.ts";

/** Seconds that an experiment may have taken to be run again unasked. */
const QUICK = 2;

export interface Replayable {
  readonly name: string;
  /** What its last run took, if it came to its end. */
  readonly seconds: number | null;
  /** Run it again behind the reader's back; false if there is no new result. */
  replay(): Promise<boolean>;
  /** Show a button that runs it again. */
  offer(): void;
}

export class Aftermath {
  readonly #all: Replayable[] = [];
  #turn = 0;

  add(one: Replayable): void {
    this.#all.push(one);
  }

  /** Python was replaced because of `cause`. See to the others, and return what the learner should know. */
  begin(cause: string): string {
    const ran = this.#all.filter(({ name, seconds }) => seconds !== null && name !== cause);
    const quick = ran.filter(({ seconds }) => (seconds ?? 0) < QUICK);
    const slow = ran.filter((one) => !quick.includes(one));
    for (const one of slow) one.offer();
    void this.#replay(quick);
    return sentence(quick.length, slow.length);
  }

  async #replay(quick: readonly Replayable[]): Promise<void> {
    const turn = ++this.#turn;
    for (const one of quick) {
      const made = await one.replay();
      if (turn !== this.#turn) return; // replaced once more, and they all are seen to again
      if (!made) one.offer();
    }
  }
}

function sentence(quick: number, slow: number): string {
  const parts = ["your code is kept"];
  if (quick > 0) parts.push(`${plural(quick, "experiment")} ${quick === 1 ? "is" : "are"} run again`);
  if (slow > 0) parts.push(`${plural(slow, "longer one")} ${slow === 1 ? "has" : "have"} a button for that`);
  const last = parts.pop() ?? "";
  return `Python was replaced: ${parts.length > 0 ? `${parts.join(", ")} and ${last}` : last}.`;
}
