// The boxes of a milestone's page: its run, and the sheet that its network reads. Loaded where there are any.

import { DigitCanvas } from "./digit.ts";
import { connect } from "./dom.ts";
import { Milestone } from "./milestone.ts";
import type { Session } from "./session.ts";

export function connectMilestones(session: Session): readonly Milestone[] {
  connect("[data-digit-canvas]", (section) => new DigitCanvas(section, session));
  return connect("[data-milestone]", (section) => new Milestone(section, session));
}
