/** What only one of the steps has. */

import { css } from "lit";

export const steps = css`
  .targets,
  .jobs,
  .sentences,
  .reasons,
  .samples,
  .pairs {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .targets {
    display: grid;
    gap: 0.75rem;
  }
  .target {
    padding: 1rem 1.1rem;
    border: 1px solid var(--line);
    border-radius: var(--small-radius);
  }
  .target-head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 0.75rem;
  }
  .drop {
    position: relative;
    display: grid;
    justify-items: center;
    gap: 0.75rem;
    padding: 2.5rem 1.25rem;
    border: 2px dashed var(--edge);
    border-radius: var(--radius);
    background: var(--sunken);
    text-align: center;
    cursor: pointer;
    transition:
      background 0.12s,
      border-color 0.12s;
  }
  .drop:hover,
  .drop.over {
    border-color: var(--accent);
    background: var(--accent-soft);
  }
  .drop.over {
    border-style: solid;
  }
  .drop > .icon {
    width: 2rem;
    height: 2rem;
    color: var(--accent);
  }
  .drop-title {
    font-size: 1.0625rem;
    font-weight: 600;
  }
  .drop .hint {
    max-width: 34rem;
    text-wrap: balance;
  }
  .paste form {
    display: grid;
    gap: 0.6rem;
    justify-items: start;
  }
  .template {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.75rem;
    margin: 0;
    color: var(--muted);
    font-size: 0.9375rem;
  }
  .file-name {
    margin: 0 0 -0.75rem;
    font-weight: 550;
    overflow-wrap: anywhere;
  }
  .progress {
    display: grid;
    gap: 0.5rem;
  }
  .progress-words {
    display: flex;
    justify-content: space-between;
    gap: 1rem;
    font-weight: 550;
  }
  progress {
    width: 100%;
    height: 0.6rem;
    border: 0;
    border-radius: 99px;
    overflow: hidden;
    appearance: none;
    background: var(--line);
    accent-color: var(--accent);
  }
  progress::-webkit-progress-bar {
    background: var(--line);
  }
  progress::-webkit-progress-value {
    border-radius: 99px;
    background: var(--accent);
    transition: inline-size 0.3s;
  }
  progress::-moz-progress-bar {
    background: var(--accent);
  }
  progress:indeterminate {
    background: linear-gradient(90deg, var(--line) 30%, var(--accent) 50%, var(--line) 70%) 0 0 / 200% 100%;
    animation: slide 1.6s linear infinite;
  }
  progress:indeterminate::-webkit-progress-bar {
    background: transparent;
  }
  @keyframes slide {
    to {
      background-position: -200% 0;
    }
  }
  .mapping th[scope="row"] {
    width: 22%;
  }
  .mapping .goes {
    display: grid;
    gap: 0.25rem;
    min-width: 14rem;
  }
  .mapping .left-out th,
  .mapping .left-out .samples {
    color: var(--muted);
  }
  .samples li {
    max-width: 18rem;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .dialect {
    padding: 0.6rem 1rem;
    border: 1px solid var(--line);
    border-radius: var(--small-radius);
  }
  .fields {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(100%, 15rem), 1fr));
    gap: 1rem;
    padding-bottom: 0.5rem;
  }
  .field {
    display: grid;
    gap: 0.3rem;
    align-content: start;
  }
  .field label {
    font-size: 0.875rem;
    font-weight: 550;
  }
  .reasons {
    display: grid;
    gap: 0.4rem;
  }
  .reasons .figure {
    display: inline-block;
    min-width: 3ch;
    font-weight: 600;
    text-align: end;
  }
  .dry > .button,
  .files {
    justify-self: start;
  }
  .files {
    display: flex;
    flex-wrap: wrap;
    gap: 0.75rem;
    margin: 0;
  }
  .sentences {
    display: grid;
    gap: 0.7rem;
  }
  .sentences li {
    display: flex;
    gap: 0.65rem;
  }
  .sentences .icon {
    margin-top: 0.2rem;
    color: var(--accent);
  }
  .wishes {
    padding: 1rem;
    border: 1px solid var(--line);
    border-radius: var(--small-radius);
  }
  .wishes legend {
    float: left;
    width: 100%;
    margin-bottom: 0.25rem;
  }
  .wishes legend + * {
    clear: both;
  }
  .pace {
    min-height: 1.4rem;
    margin-top: -0.75rem;
  }
  .undo {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 0.75rem;
    padding-top: 1rem;
    border-top: 1px solid var(--line);
  }
  .history-head {
    display: flex;
    flex-wrap: wrap;
    align-items: end;
    justify-content: space-between;
    gap: 1rem;
  }
  .search {
    display: grid;
    gap: 0.25rem;
    font-size: 0.8125rem;
    color: var(--muted);
  }
  .job {
    display: grid;
    grid-template-columns: 9rem minmax(0, 1fr) auto auto;
    gap: 0.1rem 1rem;
    align-items: baseline;
    padding: 0.8rem 0;
    border-bottom: 1px solid var(--line);
  }
  .job .status {
    grid-row: span 2;
    color: var(--muted);
    font-size: 0.875rem;
  }
  .job.completed .icon {
    color: var(--good);
  }
  .job.failed .icon {
    color: var(--bad);
  }
  .job .figure {
    grid-column: 2;
  }
  .job > .button {
    grid-area: 1 / 4 / span 2;
    align-self: center;
  }
  .job .checks {
    grid-column: 2 / -1;
    font-size: 0.875rem;
  }
  .filters {
    flex: 0 1 34rem;
    display: flex;
    flex-wrap: wrap;
    gap: 1rem;
  }
  .filters > * {
    flex: 1 1 12rem;
  }
  @container (max-width: 40rem) {
    .job {
      grid-template-columns: 1fr;
    }
    .job .figure,
    .job .checks,
    .job > .button {
      grid-area: auto / 1;
    }
    .drop {
      padding: 1.75rem 1rem;
    }
    .mapping .goes {
      min-width: 0;
    }
    .samples,
    .samples li {
      display: inline;
      overflow-wrap: anywhere;
      white-space: normal;
    }
    .samples li:not(:last-child)::after {
      content: " · ";
      color: var(--muted);
    }
    .mapping th[scope="row"] {
      width: auto;
    }
  }
`;
