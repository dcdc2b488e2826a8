/** What a command-line program in wasm is given: its arguments, and one folder `/` in memory to write files in. */
export interface Sitting {
  readonly imports: WebAssembly.ModuleImports
  /** To be called with what the program exports, before it starts. */
  attach(memory: WebAssembly.Memory): void
  /** What it wrote under this name, without the leading slash. */
  file(name: string): Uint8Array | undefined
}

/** Thrown through a program that calls `exit`. */
export class Exit extends Error {
  readonly code: number

  constructor(code: number) {
    super(`exit ${code}`)
    this.code = code
  }
}

/** The program's memory moves when it grows, so it is asked for anew at each use. */
interface Memory {
  bytes(): Uint8Array
  view(): DataView
}

interface OpenFile {
  bytes: Uint8Array
  length: number
  at: number
}

const OK = 0
const BAD_FILE = 8
const NO_ENTRY = 44
const ROOT = 3
const KIND = { folder: 3, file: 4 }
const EVERY_RIGHT = 0xffff_ffff_ffff_ffffn

/**
 * The dozen calls of WASI preview 1 that a synthesizer makes. Node's own WASI is experimental, says so on standard error,
 * and would put every sentence on disk.
 */
export function createSitting(args: readonly string[]): Sitting {
  let attached: WebAssembly.Memory | undefined
  const buffer = () => {
    if (attached === undefined) throw new Error('the program has no memory yet')
    return attached.buffer
  }
  const memory: Memory = { bytes: () => new Uint8Array(buffer()), view: () => new DataView(buffer()) }
  const named = new Map<string, OpenFile>()
  return {
    imports: { ...argumentCalls(memory, args), ...folderCalls(memory), ...fileCalls(memory, named) },
    attach(given) {
      attached = given
    },
    file(name) {
      const file = named.get(name)
      return file?.bytes.subarray(0, file.length)
    },
  }
}

function argumentCalls({ bytes, view }: Memory, args: readonly string[]): WebAssembly.ModuleImports {
  const texts = args.map((arg) => Buffer.from(`${arg.replaceAll('\0', '')}\0`))
  return {
    args_sizes_get(count: number, size: number) {
      view().setUint32(count, texts.length, true)
      view().setUint32(size, Buffer.concat(texts).length, true)
      return OK
    },
    args_get(pointers: number, start: number) {
      let at = start
      texts.forEach((text, i) => {
        view().setUint32(pointers + 4 * i, at, true)
        bytes().set(text, at)
        at += text.length
      })
      return OK
    },
    // One moment for ever: the same words give the same sound.
    clock_time_get(_clock: number, _precision: bigint, at: number) {
      view().setBigUint64(at, 0n, true)
      return OK
    },
    proc_exit(code: number) {
      throw new Exit(code)
    },
  }
}

function folderCalls({ bytes, view }: Memory): WebAssembly.ModuleImports {
  return {
    fd_prestat_get(fd: number, at: number) {
      if (fd !== ROOT) return BAD_FILE
      view().setBigUint64(at, 1n << 32n, true)
      return OK
    },
    fd_prestat_dir_name(_fd: number, at: number) {
      bytes()[at] = 0x2f
      return OK
    },
    fd_fdstat_get(fd: number, at: number) {
      bytes().fill(0, at, at + 24)
      view().setUint8(at, fd === ROOT ? KIND.folder : KIND.file)
      view().setBigUint64(at + 8, EVERY_RIGHT, true)
      view().setBigUint64(at + 16, EVERY_RIGHT, true)
      return OK
    },
    fd_fdstat_set_flags: () => OK,
  }
}

const CREATES = 1
const FIRST_SIZE = 65_536

function fileCalls({ bytes, view }: Memory, named: Map<string, OpenFile>): WebAssembly.ModuleImports {
  const open = new Map<number, OpenFile>()
  let lastFile = ROOT
  return {
    path_open(...given: readonly number[]) {
      const [, , from = 0, length = 0, flags = 0] = given
      if ((flags & CREATES) === 0) return NO_ENTRY
      const file = { bytes: new Uint8Array(FIRST_SIZE), length: 0, at: 0 }
      lastFile += 1
      named.set(Buffer.from(bytes().slice(from, from + length)).toString('utf8'), file)
      open.set(lastFile, file)
      view().setUint32(given.at(-1) ?? 0, lastFile, true)
      return OK
    },
    fd_close: (fd: number) => (open.delete(fd) ? OK : BAD_FILE),
    fd_read: () => BAD_FILE,
    fd_seek(fd: number, ...[offset, whence, at]: [bigint, number, number]) {
      const file = open.get(fd)
      if (file === undefined) return BAD_FILE
      file.at = Number(offset) + ([0, file.at, file.length][whence] ?? 0)
      view().setBigUint64(at, BigInt(file.at), true)
      return OK
    },
    /** What is written anywhere else is chatter. */
    fd_write(fd: number, ...[vectors, count, at]: [number, number, number]) {
      let written = 0
      for (let i = 0; i < count; i += 1) {
        const from = view().getUint32(vectors + 8 * i, true)
        const length = view().getUint32(vectors + 8 * i + 4, true)
        write(open.get(fd), bytes().subarray(from, from + length))
        written += length
      }
      view().setUint32(at, written, true)
      return OK
    },
  }
}

function write(file: OpenFile | undefined, data: Uint8Array): void {
  if (file === undefined) return
  const end = file.at + data.length
  if (end > file.bytes.length) {
    const larger = new Uint8Array(Math.max(end, file.bytes.length * 2))
    larger.set(file.bytes)
    file.bytes = larger
  }
  file.bytes.set(data, file.at)
  file.at = end
  file.length = Math.max(file.length, end)
}
