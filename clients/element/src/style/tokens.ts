/**
 * Colours, type and space. An application sets `--ij-accent`, `--ij-accent-ink`, `--ij-font`, `--ij-radius` and the
 * others from outside; the attribute `theme` overrides the colour scheme of the system.
 *
 * Each pair of text and ground has a contrast of 4.5 : 1 or more, each control 3 : 1 to its ground.
 */

import { css } from "lit";

export const tokens = css`
  :host {
    color-scheme: light dark;
    --accent: var(--ij-accent, light-dark(#2f4bd8, #9db1ff));
    --accent-ink: var(--ij-accent-ink, light-dark(#ffffff, #0d1230));
    --accent-soft: color-mix(in srgb, var(--accent) 10%, var(--surface));
    --surface: var(--ij-surface, light-dark(#ffffff, #16181d));
    --sunken: var(--ij-sunken, light-dark(#f5f6f9, #1e2127));
    --ink: var(--ij-ink, light-dark(#181b22, #eceef3));
    --muted: var(--ij-muted, light-dark(#586072, #a4acbc));
    --line: var(--ij-line, light-dark(#e1e4eb, #2e333d));
    --edge: var(--ij-edge, light-dark(#868e9f, #747d8f));
    --good: light-dark(#14733d, #6fd49b);
    --good-soft: light-dark(#eaf6ef, #17291f);
    --warn: light-dark(#8a5200, #f0b45c);
    --warn-soft: light-dark(#fdf4e3, #2d2415);
    --bad: light-dark(#b3261e, #ff9c94);
    --bad-soft: light-dark(#fdeeed, #331c1b);
    --radius: var(--ij-radius, 10px);
    --small-radius: calc(var(--radius) * 0.6);
    display: block;
    container-type: inline-size;
    color: var(--ink);
    font: 400 1rem/1.5 var(--ij-font, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif);
    text-align: start;
  }
  :host([theme="light"]) {
    color-scheme: light;
  }
  :host([theme="dark"]) {
    color-scheme: dark;
  }
  :host([hidden]) {
    display: none;
  }
  * {
    box-sizing: border-box;
  }
  .figure,
  dd,
  .number {
    font-variant-numeric: tabular-nums;
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    padding: 0;
    border: 0;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .break {
    overflow-wrap: anywhere;
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
    }
  }
`;
