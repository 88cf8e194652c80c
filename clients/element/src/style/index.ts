/** All styles of the elements. */

import { controls } from "./controls.js";
import { layout } from "./layout.js";
import { steps } from "./steps.js";
import { tables } from "./tables.js";
import { tokens } from "./tokens.js";

export const styles = [tokens, layout, controls, tables, steps];
