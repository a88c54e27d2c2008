import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

interface Locked {
  readonly resolved?: string
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const text = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')
const { packages } = JSON.parse(text) as { packages: Readonly<Record<string, Locked>> }

it('the lock file names no registry', () => {
  expect(Object.keys(packages).length).toBeGreaterThan(100)
  expect(Object.keys(packages).filter(path => packages[path]!.resolved !== undefined)).toEqual([])
  expect(text).not.toMatch(/tarball|\.tgz/)
})

// What npm cannot find in its registry, as a mirror may lack the packages of other platforms, it leaves out of the lock
// file without a word, and `npm ci` refuses that file then.
it('the lock file has what every platform installs, so that npm ci takes it', () => {
  const wanted = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).map(name => ({ path, name })),
  )
  expect(wanted.map(({ name }) => name)).toContain('@biomejs/cli-win32-x64')
  expect(wanted.filter(({ path, name }) => find(path, name) === undefined)).toEqual([])
})

// Where Node would find it from there.
function find(path: string, name: string): Locked | undefined {
  for (let from = path; ; from = from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/')))) {
    const found = packages[`${from === '' ? '' : `${from}/`}node_modules/${name}`]
    if (found !== undefined || from === '') return found
  }
}
