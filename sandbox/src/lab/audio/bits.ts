/** Bits into bytes, the highest first. */
export interface BitWriter {
  /** At most 32 bits, taken from the low end of the value. */
  put(value: number, bits: number): void
  zeros(count: number): void
  /** Fills the last byte with zeros. */
  align(): void
  bytes(): Uint8Array
}

export function createBitWriter(): BitWriter {
  let buffer = new Uint8Array(4096)
  let length = 0
  let held = 0
  let heldBits = 0
  const push = (byte: number) => {
    if (length === buffer.length) {
      const larger = new Uint8Array(buffer.length * 2)
      larger.set(buffer)
      buffer = larger
    }
    buffer[length] = byte
    length += 1
  }
  const put = (value: number, bits: number) => {
    if (bits > 16) {
      put(value >>> 16, bits - 16)
      return put(value & 0xffff, 16)
    }
    held = (held << bits) | (value & ((1 << bits) - 1))
    heldBits += bits
    while (heldBits >= 8) {
      heldBits -= 8
      push((held >>> heldBits) & 0xff)
    }
    held &= (1 << heldBits) - 1
  }
  return {
    put,
    zeros(count) {
      for (let left = count; left > 0; left -= 16) put(0, Math.min(16, left))
    },
    align() {
      if (heldBits > 0) put(0, 8 - heldBits)
    },
    bytes: () => buffer.slice(0, length),
  }
}
