import { bytesOf, fill, inOrder, keysOf, numbered } from '../samples.ts'
import type { CaseDefinition, CaseTools } from '../store-case.ts'

/** list(): what, in which order, and while other things happen. */
export const listCases: readonly CaseDefinition[] = [
  {
    rule: 'S6',
    title: 'list(prefix) yields exactly the keys that start with it',
    async prove({ store, check }) {
      check.sameKeys('list("") of an empty store', await keysOf(store), [])
      const keys = [
        ...['a', 'a/', 'a/b', 'a/b/c', 'a0', 'ab', 'aba', 'b', 'b/a', 'ba', '%', '_', 'a%', 'a_', 'a*'],
        // Neighbours whose UTF-8 differs in the last byte only, and keys above every "highest" character.
        ...['\u00e8', '\u00e9', '\u00e9a', '\u{1f600}', '\u{1f600}a', '\u{1f601}', '\u{10ffff}', '\x7f', '\u0080'],
        ...['z', 'z\0', 'z\u007f', 'z\u00ff', 'z\uffff', 'z\uffff\u{1f600}', 'z\u{1f600}', 'z\u{10ffff}\u{10ffff}'],
      ]
      await fill(store, keys)
      const prefixes = ['', ...keys, 'a/b/', 'a/b/c/d', 'c', 'a/c', 'A', 'Z', '.*', 'a'.repeat(2000)]
      for (const prefix of prefixes) {
        const wanted = keys.filter(key => key.startsWith(prefix))
        // Sorted here, so that a store in a wrong order fails at S7 and not at this rule.
        check.sameKeys(
          `list(${JSON.stringify(prefix.slice(0, 20))})`,
          inOrder(await keysOf(store, prefix)),
          inOrder(wanted),
        )
      }
    },
  },
  {
    rule: 'S7',
    title: 'list() is in the order of UTF-8 bytes: surrogate pairs after U+FF5E, "10" before "9"',
    async prove({ store, check }) {
      const keys = inOrder([
        ...['\0', '\0\0', ' ', '!', '-', '/', '0', '1', '10', '11', '2', '9', 'B', 'Z', '_', 'a', 'aa', 'b', 'z'],
        ...['a\0', 'a!', 'a/', 'a/b', 'a0', '~', '\x7f', '\u0080', '\u00e9', 'e\u0301', '\u07ff', '\u0800'],
        ...['\ud7ff', '\ue000', '\uff5e', '\uffff', '\u{10000}', '\u{1f600}', '\u{1f601}', '\u{10ffff}'],
        ...['x\uff5e', 'x\u{1f600}', 'x\uff5ea', 'x\u{1f600}a', 'x/1', 'x/10', 'x/2'],
      ])
      await fill(store, [...keys].reverse())
      check.sameKeys('list("")', await keysOf(store), keys)
      for (const prefix of ['x', 'x/', 'a']) {
        const wanted = keys.filter(key => key.startsWith(prefix))
        check.sameKeys(`list(${prefix})`, await keysOf(store, prefix), wanted)
      }
      await store.store('0', bytesOf('replaced'))
      check.sameKeys('list("") after replacing a value', await keysOf(store), keys)
    },
  },
  {
    rule: 'S8',
    title: 'list() while other keys are removed misses and repeats none that stays',
    async prove(tools) {
      await proveStable(tools, async ({ key, step, leaving }) => {
        // The key just listed, as a sweep does, and some ahead of it.
        if (leaving.includes(key)) await tools.store.remove(key)
        if (step < 10) await tools.store.remove(leaving.at(-1 - step) ?? key)
      })
    },
  },
  {
    rule: 'S8',
    title: 'list() while keys are stored and replaced misses and repeats none that stays',
    async prove(tools) {
      await proveStable(tools, async ({ step, staying }) => {
        const { store } = tools
        await store.store(staying[step % staying.length] ?? '', bytesOf('replaced'))
        // Behind and ahead of where the listing is; few, as a listing that sees them must come to its end.
        if (step < 15) await fill(store, [`k${String(step).padStart(3, '0')}-new`, `k05${step % 10}-new`])
      })
    },
  },
  {
    rule: 'S9',
    title: 'a listing that is left early holds nothing: 300 of them, and the store goes on',
    async prove({ store, check }) {
      await fill(store, numbered('k', 10))
      for (let round = 0; round < 300; round++) {
        for await (const key of store.list('k')) {
          check.same('first key of a listing', key, 'k000')
          break
        }
      }
      await store.store('k999', bytesOf('more'))
      await store.remove('k000')
      check.same('keys at the end', (await keysOf(store, 'k')).length, 10)
    },
  },
  {
    rule: 'S9',
    title: 'listings at the same time are independent',
    async prove({ store, check }) {
      const keys = numbered('k', 30)
      await fill(store, [...keys, 'other'])
      const outer: string[] = []
      for await (const key of store.list('k')) {
        outer.push(key)
        if (outer.length % 10 === 0) check.same('inner listing', (await keysOf(store, 'k')).length, 30)
      }
      check.sameKeys('outer listing', inOrder(outer), keys)
      const all = await Promise.all(Array.from({ length: 20 }, () => keysOf(store, 'k')))
      for (const found of all) check.sameKeys('one of 20 listings', inOrder(found), keys)
    },
  },
]

interface Step {
  /** The key that was just listed, and how many came before it. */
  readonly key: string
  readonly step: number
  readonly staying: readonly string[]
  readonly leaving: readonly string[]
}

/** Lists 60 keys, calls `change` after each; the 30 of `staying` must come once each, in their order or not (S7). */
async function proveStable({ store, check }: CaseTools, change: (step: Step) => Promise<void>): Promise<void> {
  const keys = numbered('k', 60)
  const staying = keys.filter((_, index) => index % 2 === 0)
  const leaving = keys.filter((_, index) => index % 2 === 1)
  await fill(store, keys)
  const seen: string[] = []
  for await (const key of store.list('k')) {
    seen.push(key)
    check.holds('list() while writing', seen.length <= 200, 'no end', 'at most 90 keys')
    await change({ key, step: seen.length - 1, staying, leaving })
  }
  const stayed = new Set(staying)
  check.sameKeys('keys that stayed', inOrder(seen.filter(key => stayed.has(key))), staying)
  check.same('keys listed twice', seen.length - new Set(seen).size, 0)
  const strange = seen.filter(key => !/^k\d{3}(-new)?$/.test(key))
  check.sameKeys('keys that never were', strange, [])
}
