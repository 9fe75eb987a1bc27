// Seeds that violated an invariant once, and what they found. The plans have changed since then for some of them: what keeps
// a bug from coming back is the number of seeds that run, these are its first line.

export const FOUND: readonly { readonly seed: number; readonly world: string; readonly bug: string }[] = [
  { seed: 44, world: 'drain', bug: 'a bucket was taken twice at once when a sibling take failed' },
  { seed: 47, world: 'takeover', bug: 'finished jobs ran again: a shared sweep reached behind the remembered ids' },
  { seed: 19, world: 'jobs', bug: 'a retry pointer was forgotten when judging it failed' },
  { seed: 1_254, world: 'zombies', bug: 'jobs of a take that failed late went on under a token that was given back' },
  { seed: 31, world: 'rebalance', bug: 'the pointer of a foreign attempt was read before its truth, and never again' },
  { seed: 1_459, world: 'jobs', bug: 'a checkpoint written after the session was lost passed what had been dropped' },
  {
    seed: 5_302,
    world: 'jobs',
    bug: 'a lock acquired late by a worker that did not want it any more was kept for ever',
  },
  { seed: 2_009, world: 'takeover', bug: 'a re-read that failed was not repeated, and the low-water mark went on' },
  { seed: 2_026, world: 'jobs', bug: 'rows that became visible while the reader was cut off were passed over' },
  { seed: 1_866, world: 'zombies', bug: 'a pause while the clock of the store was read put a worker 10 s behind it' },
  { seed: 37_279_697, world: 'late', bug: 'pages that took 22 s to read counted as looked at when the last was read' },
  {
    seed: 2_014_475,
    world: 'late',
    bug: 'a job was cancelled before its row was read, and ran when that came, much later',
  },
  { seed: 3_007_218, world: 'zombies', bug: 'what was decided early was forgotten while its row was still re-read' },
  { seed: 2_009_778, world: 'keys', bug: 'a duplicate was answered for a row that the owner had read past' },
  { seed: 6_000_550, world: 'retention', bug: 'an owner followed a clock that was set ahead, past rows yet to come' },
  { seed: 7_001_233, world: 'retention', bug: 'a slot was deleted in part: rows of a clock that was ahead stayed' },
  {
    seed: 10_059_682,
    world: 'rebalance',
    bug: 'what a failed sweep had taken was read again after a long outage, as new',
  },
  { seed: 13_007_463, world: 'keys', bug: 'pages of jobs counted as a look at the pointers, too' },
  {
    seed: 103_958_878,
    world: 'rebalance',
    bug: 'a lock that was taken late, and not wanted any more, was kept for ever',
  },
  {
    seed: 20_008_470,
    world: 'cron',
    bug: 'a step that failed left slots being decided, and the next decided them again',
  },
  {
    seed: 21_014_300,
    world: 'drain',
    bug: 'a session lost during a takeover left a checkpoint without its lost attempts',
  },
  {
    seed: 121_810_477,
    world: 'retention',
    bug: 'a measurement of 1.5 s was refused for what was known, by then 17 s off',
  },
  { seed: 8_108_570, world: 'takeover', bug: 'a hand-over passed rows that its last round of reading had not taken' },
];
