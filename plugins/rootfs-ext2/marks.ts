/** A set of small numbers, one bit each. */
export class Marks {
  readonly #bits: Uint8Array;
  #count = 0;

  constructor(size: number) {
    this.#bits = new Uint8Array(Math.ceil(size / 8));
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  has(number: number): boolean {
    return ((this.#bits[number >> 3] ?? 0) & (1 << (number & 7))) !== 0;
  }

  /** Whether it was not there yet. A number past the end is never kept. */
  add(number: number): boolean {
    if (this.has(number)) return false;
    this.#bits[number >> 3] = (this.#bits[number >> 3] ?? 0) | (1 << (number & 7));
    this.#count += 1;
    return true;
  }
}
