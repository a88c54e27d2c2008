/** The group of the benchmark. */
export const benchGroup = 'bench'

const value = new Uint8Array(100).fill(0x78)

/** The value of every key: 100 bytes. */
export function loadValue(): Uint8Array {
  return value
}
