/** A map from 64-bit signatures to small integers: open addressing in flat arrays, because a `Map` would box every key. */
export class SignatureTable {
  #highs = new Int32Array(1024);
  #lows = new Int32Array(1024);
  #values = new Int32Array(1024).fill(-1);
  #mask = 1023;
  size = 0;

  /** The value of the signature, or -1. */
  get(high: number, low: number): number {
    let slot = (high ^ (low >>> 7)) & this.#mask;
    for (;;) {
      const value = this.#values[slot] ?? -1;
      if (value === -1 || (this.#highs[slot] === high && this.#lows[slot] === low)) return value;
      slot = (slot + 1) & this.#mask;
    }
  }

  /** Adds a signature that is not yet there. */
  add(high: number, low: number, value: number): void {
    if (this.size * 2 >= this.#values.length) this.#grow();
    this.#place(high, low, value);
    this.size++;
  }

  #place(high: number, low: number, value: number): void {
    let slot = (high ^ (low >>> 7)) & this.#mask;
    while (this.#values[slot] !== -1) slot = (slot + 1) & this.#mask;
    this.#highs[slot] = high;
    this.#lows[slot] = low;
    this.#values[slot] = value;
  }

  #grow(): void {
    const highs = this.#highs;
    const lows = this.#lows;
    const values = this.#values;
    const capacity = values.length * 2;
    this.#highs = new Int32Array(capacity);
    this.#lows = new Int32Array(capacity);
    this.#values = new Int32Array(capacity).fill(-1);
    this.#mask = capacity - 1;
    values.forEach((value, slot) => {
      if (value !== -1) this.#place(highs[slot] ?? 0, lows[slot] ?? 0, value);
    });
  }
}
