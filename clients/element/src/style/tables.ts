/** Tables, which become lists of cards where there is no room, and the rejected rows. */

import { css } from "lit";

export const tables = css`
  .scroll {
    /* What only screen readers read is placed in here, and not beside the page. */
    position: relative;
    overflow: auto;
    max-height: 26rem;
    border: 1px solid var(--line);
    border-radius: var(--small-radius);
  }
  table {
    width: 100%;
    border-collapse: collapse;
    font-size: 0.9063rem;
  }
  th,
  td {
    padding: 0.55rem 0.8rem;
    border-bottom: 1px solid var(--line);
    text-align: start;
    vertical-align: top;
  }
  tbody th {
    font-weight: 550;
  }
  thead th {
    color: var(--muted);
    font-size: 0.8125rem;
    font-weight: 550;
  }
  .scroll thead th {
    position: sticky;
    top: 0;
    background: var(--sunken);
  }
  tbody tr:last-child > * {
    border-bottom: 0;
  }
  .number {
    text-align: end;
  }
  .typed td {
    max-width: 16rem;
    white-space: nowrap;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .typed .changed .icon,
  .mark.changed .icon {
    color: var(--accent);
  }
  .typed td .icon {
    width: 0.95em;
    height: 0.95em;
  }
  .typed .bad,
  .mark.bad {
    color: var(--bad);
  }
  .typed td.bad {
    background: var(--bad-soft);
    white-space: normal;
    min-width: 10rem;
  }
  .cell-why {
    display: block;
    font-size: 0.75rem;
  }
  .null {
    color: var(--muted);
    font-style: italic;
  }
  .legend {
    display: flex;
    flex-wrap: wrap;
    gap: 1.25rem;
  }
  .groups .chosen {
    background: var(--accent-soft);
  }
  .rejected {
    display: grid;
    gap: 0.75rem;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .rejected-row {
    display: grid;
    gap: 0.6rem;
    justify-items: start;
    min-width: 0;
    padding: 0.9rem 1rem;
    border: 1px solid var(--line);
    border-inline-start: 3px solid var(--bad);
    border-radius: var(--small-radius);
  }
  .rejected-row.edited {
    border-inline-start-color: var(--accent);
  }
  .rejected-row.sent {
    border-inline-start-color: var(--good);
  }
  .why-row {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 0.35rem 0.75rem;
    width: 100%;
    min-width: 0;
    overflow-wrap: anywhere;
  }
  .groups .hint {
    font-weight: 400;
  }
  .why-row .link {
    margin-inline-start: auto;
    font-size: 0.875rem;
  }
  .line {
    color: var(--muted);
    font-size: 0.8125rem;
  }
  .why-row .why {
    color: var(--bad);
    font-weight: 550;
  }
  .sent .why {
    color: var(--good);
  }
  .cells {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr));
    gap: 0.75rem;
    width: 100%;
  }
  .cell {
    display: grid;
    gap: 0.25rem;
    align-content: end;
  }
  .cell-name {
    font-size: 0.8125rem;
    color: var(--muted);
  }
  .cell.bad .cell-name {
    color: var(--bad);
    font-weight: 550;
  }
  .cell input[aria-invalid] {
    border-color: var(--bad);
    border-width: 2px;
  }
  .raw {
    width: 100%;
    margin: 0;
    padding: 0.6rem 0.8rem;
    overflow-x: auto;
    border-radius: var(--small-radius);
    background: var(--sunken);
    font:
      0.8125rem/1.5 ui-monospace,
      Menlo,
      Consolas,
      monospace;
  }
  .pager,
  .corrections {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 0.75rem;
  }
  .corrections {
    position: sticky;
    bottom: 0;
    z-index: 1;
    padding: 0.75rem 1rem;
    border: 1px solid var(--line);
    border-radius: var(--small-radius);
    background: var(--sunken);
  }
  @container (max-width: 40rem) {
    .stacked thead {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }
    .stacked tr {
      display: grid;
      grid-template-columns: minmax(0, 1fr);
      gap: 0.35rem;
      padding: 0.8rem 0;
      border-bottom: 1px solid var(--line);
    }
    .stacked th,
    .stacked td {
      padding: 0;
      border: 0;
      text-align: start;
    }
    .stacked td[data-label]::before {
      content: attr(data-label) ": ";
      color: var(--muted);
      font-size: 0.8125rem;
    }
  }
`;
