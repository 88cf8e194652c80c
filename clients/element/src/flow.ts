/** Holds the state, and tells who renders it. What the steps do is in steps/. */

import type { AnyClient } from "./client.js";
import type { State, StateOf, Step } from "./model/state.js";
import type { Target } from "./model/target.js";

export type EventName = "started" | "progress" | "completed" | "failed" | "cancelled";

/** What the element gives: who is told about a new state and about events. */
export interface Host {
  changed(): void;
  emit(name: EventName, detail: object): void;
}

export class Flow {
  readonly client: AnyClient;
  readonly host: Host;
  /** The target that the application names; empty: the person chooses. */
  readonly wanted: string;
  /** All targets of the person, once they are known. */
  targets: Target[] = [];
  #state: State = { step: "target" };
  #stop = new AbortController();

  constructor(client: AnyClient, host: Host, wanted = "") {
    this.wanted = wanted;
    this.client = client;
    this.host = host;
  }

  get state(): State {
    return this.#state;
  }

  /** Ends what the step has begun: an upload, the watching of a job. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Go to a state. A change of step, or `fresh`, ends what the earlier one had begun. */
  go(state: State, fresh = state.step !== this.#state.step): void {
    if (fresh) {
      this.#stop.abort(new DOMException("the step has changed", "AbortError"));
      this.#stop = new AbortController();
    }
    this.#state = state;
    this.host.changed();
  }

  /** Change parts of the state, if the step is still this one; undefined removes a part. */
  set<S extends Step>(step: S, parts: { [K in keyof StateOf<S>]?: StateOf<S>[K] | undefined }): void {
    if (this.#state.step !== step) {
      return;
    }
    const kept = Object.entries({ ...this.#state, ...parts }).filter(([, value]) => value !== undefined);
    this.#state = Object.fromEntries(kept) as unknown as State;
    this.host.changed();
  }

  /** Return the state of a step, undefined in another one. */
  at<S extends Step>(step: S): StateOf<S> | undefined {
    return this.#state.step === step ? (this.#state as StateOf<S>) : undefined;
  }

  end(): void {
    this.#stop.abort(new DOMException("the element was removed", "AbortError"));
  }
}
