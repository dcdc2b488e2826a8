/** A cyclic redundancy check of 8, 16 or 32 bits, the highest bit first and from zero, as FLAC and Ogg have it. */
export function createChecksum(bits: 8 | 16 | 32, polynomial: number): (bytes: Uint8Array) => number {
  const top = bits - 8
  const mask = bits === 32 ? 0xffff_ffff : (1 << bits) - 1
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte << top
    for (let i = 0; i < 8; i += 1) {
      const carries = (value >>> (bits - 1)) & 1
      value = (value << 1) ^ (carries === 1 ? polynomial : 0)
    }
    return (value & mask) >>> 0
  })
  return (bytes) => {
    let sum = 0
    for (const byte of bytes) sum = ((sum << 8) ^ (table[((sum >>> top) & 0xff) ^ byte] ?? 0)) & mask
    return sum >>> 0
  }
}
