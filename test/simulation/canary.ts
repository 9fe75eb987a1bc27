// A bug to be planted.

export interface Canary {
  readonly name: string;
  /** What is wrong with it. */
  readonly bug: string;
  /** The world in which it shows soonest. */
  readonly world: string;
  /** It is caught within so many seeds of that world, from the first one on. */
  readonly seedsMax: number;
  /** Where to begin, for what shows in one seed of hundreds. Default 1. */
  readonly from?: number;
  readonly edits: readonly Edit[];
}

export interface Edit {
  readonly file: string;
  /** Occurs once. */
  readonly from: string;
  readonly to: string;
}
