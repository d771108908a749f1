/**
 * One turn at a time, in order, and what a turn says is held back until it is released. A turn that throws
 * rejects its own promise and says nothing; the queue itself never breaks.
 */
export class TurnQueue {
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  #inTurn = false;
  #outgoing: (() => Promise<void>)[] = [];
  finished = 0;

  /** Runs `turn` after all earlier ones. */
  run(turn: () => Promise<void>): Promise<void> {
    this.#waiting += 1;
    const result = this.#tail.then(async () => {
      this.#inTurn = true;
      this.#outgoing = [];
      try {
        await turn();
        for (const leave of this.takeOutgoing()) await leave();
        this.finished += 1;
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
