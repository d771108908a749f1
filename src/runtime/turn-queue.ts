/**
 * One turn at a time, in order, and what a turn says is held back until it is released. A turn that throws
 * rejects its own promise, says nothing, and is the last: what it left behind can no longer be trusted, so
 * those that waited behind it never run, although the crash is only on its way.
 */
export class TurnQueue {
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  #inTurn = false;
  #hasFailed = false;
  #outgoing: (() => Promise<void>)[] = [];
  finished = 0;

  /** Runs `turn` after all earlier ones, unless one of them throws. */
  run(turn: () => Promise<void>): Promise<void> {
    this.#waiting += 1;
    const result = this.#tail.then(async () => {
      if (this.#hasFailed) {
        this.#waiting -= 1;
        return;
      }
      this.#inTurn = true;
      this.#outgoing = [];
      try {
        await turn();
        for (const leave of this.takeOutgoing()) await leave();
        this.finished += 1;
      } catch (error) {
        this.#hasFailed = true;
        throw error;
      } finally {
        this.#inTurn = false;
        this.#outgoing = [];
        this.#waiting -= 1;
      }
    });
    this.#tail = result.catch(() => {});
    return result;
  }

  /** Within a turn: held until the turn is released. Outside: leaves at once. */
  say(leave: () => Promise<void>): void {
    if (this.#inTurn) this.#outgoing.push(leave);
    else leave().catch(() => {});
  }

  takeOutgoing(): (() => Promise<void>)[] {
    return this.#outgoing.splice(0);
  }

  /** Resolves when every turn asked for so far has ended. */
  idle(): Promise<void> {
    return this.#tail;
  }

  get busy(): boolean {
    return this.#waiting > 0;
  }
}
