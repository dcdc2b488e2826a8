import { createChecksum } from './checksum.ts'

export interface OggPacket {
  readonly data: Uint8Array
  /** Where the sound stands once this packet is played. */
  readonly granule: number
}

const crc32 = createChecksum(32, 0x04c1_1db7)
const MAX_SEGMENTS = 255
const FULL_SEGMENT = 255
const FIRST_PAGE = 2
const LAST_PAGE = 4
const SERIAL = 0x746f_6b65

/** One logical stream of Ogg pages (RFC 3533). No packet of ours is so long that it needs two pages. */
export function createOgg() {
  let sequence = 0
  const page = (packets: readonly OggPacket[], isLast: boolean): Uint8Array => {
    const lacing = packets.flatMap(({ data }) => segmentsOf(data.length))
    const head = Buffer.alloc(27 + lacing.length)
    head.write('OggS', 0, 'latin1')
    head[5] = (sequence === 0 ? FIRST_PAGE : 0) | (isLast ? LAST_PAGE : 0)
    head.writeBigUInt64LE(BigInt(packets.at(-1)?.granule ?? 0), 6)
    head.writeUInt32LE(SERIAL, 14)
    head.writeUInt32LE(sequence, 18)
    head[26] = lacing.length
    head.set(lacing, 27)
    sequence += 1
    const bytes = Buffer.concat([head, ...packets.map(({ data }) => data)])
    bytes.writeUInt32LE(crc32(bytes), 22)
    return bytes
  }
  return {
    /** As few pages as hold these packets; the last of them ends the stream if it is said. */
    pages(packets: readonly OggPacket[], isEnd = false): Uint8Array[] {
      const groups: OggPacket[][] = []
      let room = 0
      for (const packet of packets) {
        const segments = segmentsOf(packet.data.length).length
        if (segments > room) {
          groups.push([])
          room = MAX_SEGMENTS
        }
        room -= segments
        groups.at(-1)?.push(packet)
      }
      return groups.map((group, at) => page(group, isEnd && at === groups.length - 1))
    },
  }
}

/** A packet of a whole number of full segments ends with an empty one. */
function segmentsOf(bytes: number): number[] {
  const full = Math.floor(bytes / FULL_SEGMENT)
  return [...Array<number>(full).fill(FULL_SEGMENT), bytes % FULL_SEGMENT]
}
