/** One field as the second decoder sees it: varints as unsigned BigInts, the rest as bytes. */
export interface PlainField {
  readonly number: number
  readonly value: bigint | Uint8Array
}

/** A protobuf decoder of its own, as naive as can be; `undefined` where the bytes are no message. Groups are flattened. */
export function decodePlainly(bytes: Uint8Array): PlainField[] | undefined {
  const fields: PlainField[] = []
  const open: bigint[] = []
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= bytes.length) throw new Error('end')
      const byte = BigInt(bytes[at++]!)
      value |= (byte & 127n) << shift
      if (byte < 128n) {
        if (value >= 1n << 64n) throw new Error('too large')
        return value
      }
    }
    throw new Error('too long')
  }
  const take = (length: bigint): Uint8Array => {
    if (length > BigInt(bytes.length - at)) throw new Error('end')
    at += Number(length)
    return Uint8Array.from(bytes.subarray(at - Number(length), at))
  }
  try {
    while (at < bytes.length || open.length > 0) {
      const tag = varint()
      const number = tag >> 3n
      if (number < 1n || number >= 1n << 29n) throw new Error('number')
      const type = tag & 7n
      if (type === 3n) open.push(number)
      else if (type === 4n) {
        if (open.pop() !== number) throw new Error('group')
      } else {
        if (type > 5n) throw new Error('type')
        const value = type === 0n ? varint() : take(type === 1n ? 8n : type === 5n ? 4n : varint())
        if (open.length === 0 && (type === 0n || type === 2n)) fields.push({ number: Number(number), value })
      }
    }
    return fields
  } catch {
    return undefined
  }
}

/** The last bytes field of a number. */
export function lastBytes(fields: readonly PlainField[], number: number): Uint8Array | undefined {
  return fields
    .flatMap(({ number: each, value }) => (each === number && value instanceof Uint8Array ? [value] : []))
    .at(-1)
}

/** The last varint field of a number as a signed integer. */
export function lastInt64(fields: readonly PlainField[], number: number): bigint | undefined {
  const found = fields.flatMap(({ number: each, value }) =>
    each === number && typeof value === 'bigint' ? [value] : [],
  )
  return found.length === 0 ? undefined : BigInt.asIntN(64, found.at(-1)!)
}
