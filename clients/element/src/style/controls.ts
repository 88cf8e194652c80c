/** What a person presses, chooses and reads: buttons, fields, messages, figures, progress. */

import { css } from "lit";

export const controls = css`
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.5rem;
    min-height: 2.75rem;
    padding: 0.5rem 1.1rem;
    border: 1px solid var(--edge);
    border-radius: var(--small-radius);
    background: var(--surface);
    color: var(--ink);
    font: inherit;
    font-weight: 550;
    font-size: 0.9375rem;
    text-align: center;
    cursor: pointer;
    transition:
      background 0.12s,
      border-color 0.12s;
  }
  .button:hover {
    background: var(--sunken);
  }
  .button.small {
    min-height: 2rem;
    padding: 0.2rem 0.7rem;
    font-size: 0.8125rem;
    white-space: nowrap;
  }
  .button.primary {
    border-color: var(--accent);
    background: var(--accent);
    color: var(--accent-ink);
  }
  .button.primary:hover {
    background: color-mix(in srgb, var(--accent) 88%, var(--ink));
  }
  .button.danger {
    color: var(--bad);
  }
  .button[aria-disabled],
  .button[aria-busy] {
    border-color: var(--line);
    background: var(--sunken);
    color: var(--muted);
    cursor: default;
  }
  .button[aria-pressed="true"] {
    border-color: var(--accent);
    color: var(--accent);
  }
  .link {
    padding: 0.2rem 0;
    border: 0;
    background: none;
    color: var(--accent);
    font: inherit;
    font-weight: 550;
    text-align: start;
    text-decoration: underline;
    text-underline-offset: 0.2em;
    cursor: pointer;
  }
  :focus-visible,
  .drop:focus-within {
    outline: 3px solid color-mix(in srgb, var(--accent) 75%, transparent);
    outline-offset: 2px;
  }
  h2:focus-visible {
    outline: none;
  }
  select,
  input:not([type="radio"], [type="checkbox"], [type="file"]),
  textarea {
    width: 100%;
    min-width: 0;
    min-height: 2.75rem;
    padding: 0.5rem 0.7rem;
    border: 1px solid var(--edge);
    border-radius: var(--small-radius);
    background: var(--surface);
    color: var(--ink);
    font: inherit;
    font-size: 0.9375rem;
  }
  textarea {
    font-family: ui-monospace, Menlo, Consolas, monospace;
    resize: vertical;
  }
  select:disabled,
  input:disabled {
    color: var(--muted);
    opacity: 0.75;
  }
  input[type="radio"],
  input[type="checkbox"] {
    width: 1.15rem;
    height: 1.15rem;
    margin: 0;
    accent-color: var(--accent);
  }
  summary {
    width: fit-content;
    padding: 0.35rem 0;
    border-radius: 4px;
    font-weight: 550;
    cursor: pointer;
  }
  summary .hint {
    margin-inline-start: 0.4rem;
    font-weight: 400;
  }
  details[open] > summary {
    margin-bottom: 0.6rem;
  }
  fieldset {
    min-width: 0;
    margin: 0;
    padding: 0;
    border: 0;
  }
  legend {
    padding: 0;
    font-weight: 550;
  }
  .radio,
  .tick {
    display: flex;
    align-items: center;
    gap: 0.6rem;
    min-height: 2.25rem;
    cursor: pointer;
  }
  .notice {
    display: flex;
    gap: 0.75rem;
    padding: 0.9rem 1rem;
    border-inline-start: 3px solid var(--tone);
    border-radius: var(--small-radius);
    background: var(--ground);
    --tone: var(--accent);
    --ground: var(--accent-soft);
  }
  .notice > .icon {
    margin-top: 0.1rem;
    width: 1.3rem;
    height: 1.3rem;
    color: var(--tone);
  }
  .notice strong {
    font-weight: 600;
  }
  .notice.check {
    --tone: var(--good);
    --ground: var(--good-soft);
  }
  .notice.warn {
    --tone: var(--warn);
    --ground: var(--warn-soft);
  }
  .notice.error {
    --tone: var(--bad);
    --ground: var(--bad-soft);
  }
  .notice-text {
    display: grid;
    gap: 0.35rem;
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .notice-action {
    display: flex;
    flex-wrap: wrap;
    gap: 0.6rem;
    margin-top: 0.4rem;
  }
  .badge {
    display: inline-block;
    padding: 0.05rem 0.5rem;
    border: 1px solid currentColor;
    border-radius: 99px;
    color: var(--muted);
    font-size: 0.75rem;
    font-weight: 550;
    white-space: nowrap;
  }
  .badge.need {
    color: var(--accent);
  }
  .stats {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr));
    gap: 0.75rem;
    margin: 0;
  }
  .stat {
    display: flex;
    flex-direction: column-reverse;
    justify-content: flex-end;
    padding: 0.8rem 1rem;
    border: 1px solid var(--line);
    border-radius: var(--small-radius);
  }
  .stat dt {
    color: var(--muted);
    font-size: 0.8125rem;
  }
  .stat dd {
    margin: 0;
    font-size: 1.375rem;
    font-weight: 600;
    line-height: 1.3;
    letter-spacing: -0.01em;
  }
  .stat.good dd {
    color: var(--good);
  }
  .stat.bad dd {
    color: var(--bad);
  }
`;
