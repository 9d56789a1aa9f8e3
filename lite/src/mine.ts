// The page "My TinyTorch": each of its sections is connected by a file of its own.

import type { Session } from "./session.ts";
import { connectEffort } from "./mine-effort.ts";
import { connectErase } from "./mine-erase.ts";
import { connectMap } from "./mine-map.ts";
import { connectPackage } from "./mine-package.ts";

const PARTS: Readonly<Record<string, (section: HTMLElement, session: Session) => Promise<void> | void>> = {
  map: connectMap,
  package: connectPackage,
  effort: connectEffort,
  erase: connectErase,
};

export async function connectMine(session: Session): Promise<void> {
  for (const section of document.querySelectorAll<HTMLElement>("[data-mine]")) {
    await PARTS[section.dataset["mine"] ?? ""]?.(section, session);
  }
}
