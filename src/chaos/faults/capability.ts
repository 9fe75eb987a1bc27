// What this machine must have for a fault.

/** Why it cannot be made here; null: it can. */
export const unavailableHere = async (_fault: string): Promise<string | null> => null;
