/** A switch between paused and running. */
export class Switch {
  #paused = false;
  #waiting: (() => void)[] = [];
  /** Called at each change. */
  listener: ((paused: boolean) => void) | undefined;

  get paused(): boolean {
    return this.#paused;
  }

  set(paused: boolean): void {
    if (this.#paused === paused) {
      return;
    }
    this.#paused = paused;
    this.listener?.(paused);
    if (!paused) {
      this.#waiting.splice(0).forEach((go) => go());
    }
  }

  /** Return when it is not paused. */
  async on(): Promise<void> {
    while (this.#paused) {
      await new Promise<void>((go) => this.#waiting.push(go));
    }
  }
}
