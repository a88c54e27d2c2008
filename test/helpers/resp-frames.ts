const crlf = 2
const [star, push, dollar, verbatim, attribute, set, map] = ['*', '>', '$', '=', '|', '~', '%'].map(sign =>
  sign.charCodeAt(0),
) as [number, number, number, number, number, number, number]

/** Cuts a stream of RESP2 or RESP3 into whole values, bytes as they came: commands one way, replies and pushes the other. */
export class RespFrames {
  #left: Buffer = Buffer.alloc(0)

  /** The values that are whole now that `chunk` came. */
  push(chunk: Buffer): Buffer[] {
    this.#left = this.#left.length === 0 ? chunk : Buffer.concat([this.#left, chunk])
    const frames: Buffer[] = []
    let at = 0
    for (;;) {
      const end = endOf(this.#left, at)
      if (end < 0) break
      frames.push(this.#left.subarray(at, end))
      at = end
    }
    this.#left = this.#left.subarray(at)
    return frames
  }
}

// Where the value that begins at `at` ends; -1 if it is not whole.
function endOf(bytes: Buffer, at: number): number {
  const lineEnd = bytes.indexOf('\r\n', at, 'latin1')
  if (lineEnd < 0) return -1
  const type = bytes[at]!
  const next = lineEnd + crlf
  const count = Number(bytes.toString('latin1', at + 1, lineEnd))
  if (type === dollar || type === verbatim) {
    const end = count < 0 ? next : next + count + crlf
    return end <= bytes.length ? end : -1
  }
  if (type === star || type === push || type === set) return endOfMany(bytes, next, count)
  if (type === map) return endOfMany(bytes, next, 2 * count)
  // Attributes stand before the value they belong to.
  if (type === attribute) return endOfMany(bytes, next, 2 * count + 1)
  return next
}

function endOfMany(bytes: Buffer, from: number, count: number): number {
  let at = from
  for (let i = 0; i < count && at >= 0; i++) at = endOf(bytes, at)
  return at
}

/** The bulk strings of an array or push that holds nothing else; `undefined` if it holds anything else, or is none. */
export function bulksOf(frame: Buffer): Buffer[] | undefined {
  if (frame[0] !== star && frame[0] !== push) return undefined
  const bulks: Buffer[] = []
  let at = frame.indexOf('\r\n', 0, 'latin1') + crlf
  while (at < frame.length) {
    if (frame[at] !== dollar) return undefined
    const lineEnd = frame.indexOf('\r\n', at, 'latin1')
    const length = Number(frame.toString('latin1', at + 1, lineEnd))
    if (length < 0) return undefined
    bulks.push(frame.subarray(lineEnd + crlf, lineEnd + crlf + length))
    at = lineEnd + crlf + length + crlf
  }
  return bulks
}
