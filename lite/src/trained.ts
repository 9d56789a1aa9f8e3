// The weights that the reader's last run of a milestone has trained. They stay on this device, and no export has them.

import { fields, text } from "./parse.ts";
import type { Workspace } from "./workspace.ts";

export interface Trained {
  /** A small archive of arrays; what is in it is Python's business. */
  readonly model: string;
  readonly when: string;
}

const trained = fields<Trained>({ model: text, when: text });
const keyOf = (year: string): string => `model:${year}`;

/** What another page wrote, or nobody, counts as nothing: the next run writes it anew. */
export async function readTrained({ notes }: Workspace, year: string): Promise<Trained | null> {
  const note = await notes.read(keyOf(year));
  try {
    return trained(note, keyOf(year));
  } catch {
    return null;
  }
}

export async function keepTrained({ notes }: Workspace, year: string, model: string): Promise<void> {
  const note: Trained = { model, when: new Date().toISOString() };
  await notes.change(keyOf(year), () => note);
}

/** Calls `listen` when a run has trained anew, in this tab or in another. */
export function watchTrained({ notes }: Workspace, year: string, listen: () => void): void {
  notes.onChange((key) => {
    if (key === keyOf(year)) listen();
  });
}
