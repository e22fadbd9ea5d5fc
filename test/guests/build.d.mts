/** Builds the test guests where they are missing or out of date; answers the folder with NAME.spt, NAME.hvt and linux. */
export function buildGuests(): Promise<string>;
