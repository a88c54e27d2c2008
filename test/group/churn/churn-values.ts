import type { GroupKey } from '../../../src/group/group.ts'

/** The names of the keys. The first letter says the group, the second whether the key is text or bytes that are none. */
export const keyNames: readonly string[] = Array.from({ length: 72 }, (_, i) => {
  const group = i % 2 === 0 ? 'lasting' : 'timed'
  const form = i % 6 < 2 ? 'raw' : 'text'
  return `${group} ${form} ${(i * 7919) % 1009} ${i}`
})

/** The groups of the names. */
export const groupNames = ['lasting', 'timed'] as const

export function groupOf(name: string): string {
  return name.slice(0, name.indexOf(' '))
}

/** The key of a name. Those that are not text begin with a byte that is not UTF-8. */
export function keyOf(name: string): GroupKey {
  if (!name.includes(' raw ')) return name
  return Uint8Array.from([0xff, ...new TextEncoder().encode(name)])
}

/** The name of a key's bytes. */
export function nameOf(keyBytes: Uint8Array): string {
  return new TextDecoder().decode(keyBytes[0] === 0xff ? keyBytes.subarray(1) : keyBytes)
}

/** Whether the origin has nothing under the key in this version. */
export function isAbsent(version: number): boolean {
  return version % 5 === 4
}

/** The value of a key in a version: says both, twice, with a filling of a length of its own. */
export function textOf(name: string, version: number): string {
  return `${name}#${version}#${'.'.repeat((version * 37) % 150)}#${version}#${name}`
}

/** The version that a value says it has; `undefined` if it is not, byte for byte, a value of that key. */
export function versionIn(name: string, text: string): number | undefined {
  const version = Number(text.slice(name.length + 1).split('#', 1)[0])
  return Number.isSafeInteger(version) && textOf(name, version) === text ? version : undefined
}
