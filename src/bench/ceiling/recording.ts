// What was sent to a store, in order, and which part of it is timed when it is sent again.

export class Recording<Sent> {
  readonly sent: Sent[] = [];
  #backlogFrom = Number.POSITIVE_INFINITY;
  #from = 0;
  #to = Number.POSITIVE_INFINITY;

  /** What comes until `begin` is what the timed part finds: jobs that are there. */
  beginBacklog(): void {
    this.#backlogFrom = this.sent.length;
  }

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

  /** The end of `before`. */
  get backlog(): readonly Sent[] {
    return this.sent.slice(Math.min(this.#backlogFrom, this.#from), this.#from);
  }

  get timed(): readonly Sent[] {
    return this.sent.slice(this.#from, this.#to);
  }
}
