import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))
const text = (path: string): string => readFileSync(join(root, path), 'utf8')

describe('the workflows', () => {
  const workflows = readdirSync(join(root, '.github/workflows')).map(name => `.github/workflows/${name}`)

  it('run what CI runs, on every platform and version', () => {
    const ci = text('.github/workflows/ci.yml')
    expect(ci).toContain('os: [ubuntu-latest, macos-latest, windows-latest]')
    expect(ci).toContain('node: [20, 22, 24, 26]')
    expect(ci).toMatch(/run: \.ci\/run\n\s+shell: bash/)
  })

  it('publish with provenance, only what passed', () => {
    const release = text('.github/workflows/release.yml')
    expect(release).toContain('id-token: write')
    const order = ['.ci/run', 'npm run version:check', 'npm publish --provenance'].map(step => release.indexOf(step))
    expect(order).toEqual([...order].sort((a, b) => a - b))
    expect(order[0]).toBeGreaterThan(0)
  })

  it.each(workflows)('%s takes actions by commit, and asks for no more rights than it says', path => {
    const uses = [...text(path).matchAll(/uses: (.*)/g)].map(([, action]) => action!)
    expect(uses.length).toBeGreaterThan(1)
    expect(uses.filter(action => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))).toEqual([])
    expect(text(path)).toMatch(/^permissions:/m)
  })
})

describe('a release', () => {
  let project = ''
  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), 'coldsnap-release-'))
    for (const file of ['.ci/check-release.mjs', '.ci/name-release.mjs', '.changeset/README.md']) {
      mkdirSync(dirname(join(project, file)), { recursive: true })
      cpSync(join(root, file), join(project, file))
    }
    write('package.json', '{ "version": "0.2.0" }')
    write('CHANGELOG.md', '# Changelog\n\n## next (unreleased)\n\n- New.\n\n## 0.1.0\n\n- Old.\n')
  })
  afterEach(() => rmSync(project, { recursive: true, force: true }))

  const write = (path: string, content: string): void => writeFileSync(join(project, path), content)
  const run = (script: string): { status: number | null; stderr: string } =>
    spawnSync(process.execPath, [`.ci/${script}`], { cwd: project, encoding: 'utf8' })

  it('needs its section of the changelog, which takes the version', () => {
    expect(run('check-release.mjs')).toMatchObject({ status: 1, stderr: expect.stringContaining('next (unreleased)') })
    expect(run('name-release.mjs').status).toBe(0)
    expect(readFileSync(join(project, 'CHANGELOG.md'), 'utf8')).toBe(
      '# Changelog\n\n## 0.2.0\n\n- New.\n\n## 0.1.0\n\n- Old.\n',
    )
    expect(run('check-release.mjs')).toMatchObject({ status: 0, stderr: '' })
    expect(run('name-release.mjs').status).toBe(1)
  })

  it('waits for no changeset', () => {
    run('name-release.mjs')
    write('.changeset/brave-cats.md', '---\ncoldsnap: minor\n---\n\nMore.\n')
    expect(run('check-release.mjs')).toMatchObject({ status: 1, stderr: expect.stringContaining('brave-cats.md') })
  })

  it('has a changelog that begins with this version, or with what is not released', () => {
    const { version, publishConfig } = JSON.parse(text('package.json')) as { version: string; publishConfig: object }
    expect(text('CHANGELOG.md')).toMatch(new RegExp(`^# Changelog\n\n## (?:${version}|.*\\(unreleased\\))\n`))
    expect(publishConfig).toEqual({ access: 'public', provenance: true })
    expect(JSON.parse(text('.changeset/config.json'))).toMatchObject({ changelog: false, commit: false })
  })
})
