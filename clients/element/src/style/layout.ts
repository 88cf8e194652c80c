/** The card, the steps above it, and the actions below. */

import { css } from "lit";

export const layout = css`
  .importer {
    display: grid;
    gap: 1.25rem;
  }
  .card {
    display: grid;
    min-width: 0;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--surface);
    box-shadow:
      0 1px 2px rgb(0 0 0 / 0.04),
      0 8px 24px -12px rgb(0 0 0 / 0.12);
  }
  .head {
    padding: 1.75rem 2rem 0;
  }
  h2 {
    margin: 0;
    font-size: 1.5rem;
    font-weight: 650;
    line-height: 1.25;
    letter-spacing: -0.015em;
    text-wrap: balance;
    outline: none;
  }
  h3 {
    margin: 0;
    font-size: 1rem;
    font-weight: 650;
  }
  .lede {
    margin: 0.4rem 0 0;
    color: var(--muted);
  }
  .lede strong {
    color: var(--ink);
    font-weight: 550;
  }
  .body {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 1.25rem;
    min-width: 0;
    min-height: 14rem;
    padding: 1.25rem 2rem 2rem;
    align-content: start;
  }
  .body > *,
  section {
    min-width: 0;
  }
  section {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 0.9rem;
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: flex-end;
    gap: 0.75rem;
    padding: 1rem 2rem;
    border-top: 1px solid var(--line);
    border-radius: 0 0 var(--radius) var(--radius);
    background: var(--sunken);
  }
  .actions > :first-child:not(:only-child) {
    margin-inline-end: auto;
  }
  .actions .why {
    color: var(--muted);
    font-size: 0.875rem;
  }
  .hint {
    margin: 0;
    color: var(--muted);
    font-size: 0.875rem;
  }
  .code {
    color: var(--muted);
    font:
      0.75rem/1 ui-monospace,
      "SF Mono",
      Menlo,
      Consolas,
      monospace;
    white-space: nowrap;
  }
  .icon {
    flex: none;
    width: 1.15em;
    height: 1.15em;
    vertical-align: -0.2em;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.7;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .steps {
    display: flex;
    gap: 0.5rem;
    margin: 0;
    padding: 0 0.25rem;
    list-style: none;
  }
  .steps li {
    display: flex;
    flex: 1 1 auto;
    align-items: center;
    gap: 0.5rem;
    color: var(--muted);
    font-size: 0.875rem;
  }
  .steps li:last-child {
    flex: none;
  }
  .steps li:not(:last-child)::after {
    content: "";
    flex: 1;
    min-width: 0.5rem;
    border-top: 1px solid var(--edge);
    opacity: 0.5;
  }
  .steps .dot {
    display: grid;
    place-items: center;
    width: 1.6rem;
    height: 1.6rem;
    border: 1px solid var(--edge);
    border-radius: 50%;
    font-size: 0.8rem;
    font-variant-numeric: tabular-nums;
  }
  .steps .current {
    color: var(--ink);
    font-weight: 600;
  }
  .steps .current .dot {
    border-color: var(--accent);
    background: var(--accent);
    color: var(--accent-ink);
  }
  .steps .done .dot {
    border-color: var(--accent);
    color: var(--accent);
  }
  @container (max-width: 40rem) {
    .head {
      padding: 1.25rem 1.1rem 0;
    }
    .body {
      padding: 1.1rem 1.1rem 1.4rem;
    }
    .actions {
      padding: 0.9rem 1.1rem;
    }
    .actions > .button {
      flex: 1 1 100%;
    }
    .actions .button.primary {
      order: -1;
    }
    .actions .why:empty {
      display: none;
    }
    h2 {
      font-size: 1.3rem;
    }
    .steps li:not(.current) .name {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
  }
`;
