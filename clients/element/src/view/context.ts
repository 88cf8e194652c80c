/** What every view is given besides its state. */

import type { Flow } from "../flow.js";
import type { Texts } from "../i18n/texts.js";

export interface Context {
  flow: Flow;
  t: Texts;
}
