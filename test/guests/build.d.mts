/**
 * Builds the test guests where they are missing or out of date, for this machine or another processor (`arm64`); answers the folder
 * with NAME.spt, NAME.hvt and linux.
 */
export function buildGuests(processor?: string): Promise<string>;
