// What was sent to a store, in order, and which part of it is timed when it is sent again.

export class Recording<Sent> {
  readonly sent: Sent[] = [];
  #from = 0;
  #to = Number.POSITIVE_INFINITY;

  /** What came before is not timed: opening, a schema, a backlog, a takeover. */
  begin(): void {
    this.#from = this.sent.length;
  }

  /** Nor is what comes after: a hand-over, closing. */
  end(): void {
    this.#to = this.sent.length;
  }

  get before(): readonly Sent[] {
    return this.sent.slice(0, this.#from);
  }

  get timed(): readonly Sent[] {
    return this.sent.slice(this.#from, this.#to);
  }
}
