// The versions of every exercise: when one is kept, and how many. Where they cannot be stored they stay in memory.

import type { Outcome, VersionRecord } from "./protocol.ts";
import { StorageRefused, type Store } from "./store.ts";
import { CAP, isLargeDeletion, isSubstantial, shown, superfluous, type Version } from "./versions.ts";

/** A pause in writing after which what was written is kept as a version. */
export const PAUSE = 20_000;

export interface Kept {
  readonly exercise: string;
  readonly text: string;
  readonly happened: string;
  readonly outcome?: Outcome | null;
}

export class History {
  readonly #store: Store | null;
  /** Those that could not be stored, with ids that no database gives. */
  readonly #unstored: Version[] = [];
  /** What is known to be kept of each exercise, so that the same text need not be kept again after a pause. */
  readonly #last = new Map<string, string>();
  readonly #pauses = new Map<string, ReturnType<typeof setTimeout>>();
  readonly #listeners = new Set<(exercise: string) => void>();

  constructor(store: Store | null) {
    this.#store = store;
  }

  onKept(listen: (exercise: string) => void): void {
    this.#listeners.add(listen);
  }

  /** The newest first; of several names the exercise had, all. */
  async of(...exercises: readonly string[]): Promise<Version[]> {
    const found = await Promise.all(exercises.map((exercise) => this.#stored(exercise)));
    const here = this.#unstored.filter(({ exercise }) => exercises.includes(exercise));
    return shown([...found.flat(), ...here]);
  }

  async all(): Promise<Version[]> {
    return [...(await this.#stored()), ...this.#unstored];
  }

  async keep({ exercise, text, happened, outcome = null }: Kept): Promise<void> {
    this.#last.set(exercise, text);
    this.#unwatch(exercise);
    await this.add([{ exercise, text, happened, outcome, saved: new Date().toISOString() }]);
  }

  /** Returns the ids, by which they can be removed again. */
  async add(versions: readonly VersionRecord[]): Promise<readonly number[]> {
    if (versions.length === 0) return [];
    const ids = await this.#put(versions);
    const exercises = new Set(versions.map(({ exercise }) => exercise));
    for (const exercise of exercises) await this.tidy(exercise);
    for (const exercise of exercises) for (const listen of this.#listeners) listen(exercise);
    return ids;
  }

  /** These were stored together with something else. */
  async stored(exercises: ReadonlySet<string>): Promise<void> {
    for (const exercise of exercises) this.#unwatch(exercise);
    for (const exercise of exercises) await this.tidy(exercise);
    for (const exercise of exercises) for (const listen of this.#listeners) listen(exercise);
  }

  async remove(ids: readonly number[]): Promise<void> {
    const unwanted = new Set(ids);
    for (let at = this.#unstored.length - 1; at >= 0; at -= 1) {
      if (unwanted.has(this.#unstored[at]?.id ?? 0)) this.#unstored.splice(at, 1);
    }
    await this.#store?.removeVersions(ids.filter((id) => id > 0)).catch(() => undefined);
  }

  /** What the learner types goes by here: a pause after much of it is a version, and so is what they delete at once. */
  typed(exercise: string, stub: string, before: string, after: string): void {
    const last = (): string => this.#last.get(exercise) ?? stub;
    if (isLargeDeletion(before, after) && isSubstantial(last(), before)) void this.keep({ exercise, text: before, happened: "cut" });
    this.#unwatch(exercise);
    const rest = (): void => {
      this.#pauses.delete(exercise);
      if (after !== stub && isSubstantial(last(), after)) void this.keep({ exercise, text: after, happened: "pause" });
    };
    this.#pauses.set(exercise, setTimeout(rest, PAUSE));
  }

  /** Takes away what is superfluous; a failure to do so is no loss. */
  async tidy(exercise: string, cap = CAP): Promise<number> {
    const gone = superfluous(await this.#stored(exercise), cap);
    if (gone.length > 0) await this.remove(gone.map(({ id }) => id));
    return gone.length;
  }

  /** Storage is full: half of the versions of every exercise go, for the answers come first. False where nothing can go. */
  async makeRoom(): Promise<boolean> {
    const counts = new Map<string, number>();
    for (const { exercise } of await this.#stored()) counts.set(exercise, (counts.get(exercise) ?? 0) + 1);
    let gone = 0;
    for (const [exercise, count] of counts) gone += await this.tidy(exercise, Math.max(1, Math.floor(count / 2)));
    return gone > 0;
  }

  async #stored(exercise?: string): Promise<readonly Version[]> {
    return (await this.#store?.versions(exercise).catch(() => [])) ?? [];
  }

  async #put(versions: readonly VersionRecord[]): Promise<readonly number[]> {
    for (let room = this.#store !== null; room; ) {
      try {
        return (await this.#store?.addVersions(versions)) ?? [];
      } catch (error) {
        room = error instanceof StorageRefused && error.full && (await this.makeRoom());
      }
    }
    const ids: number[] = [];
    for (const version of versions) {
      const id = -1 - this.#unstored.length;
      this.#unstored.push({ ...version, id });
      ids.push(id);
    }
    return ids;
  }

  #unwatch(exercise: string): void {
    clearTimeout(this.#pauses.get(exercise));
    this.#pauses.delete(exercise);
  }
}
