// What is published has a section in the changelog, under its version, and no changeset that waits for the next one.
import { readdirSync, readFileSync } from 'node:fs'

const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
const heading = /^## (.*)$/m.exec(readFileSync('CHANGELOG.md', 'utf8'))?.[1]
const waiting = readdirSync('.changeset').filter(name => name.endsWith('.md') && name !== 'README.md')

if (heading !== version) {
  console.error(`Cannot release ${version}: the first section of CHANGELOG.md is "${heading}"`)
  process.exitCode = 1
}
if (waiting.length > 0) {
  console.error(`Cannot release ${version}: changesets wait for the next version: ${waiting.join(', ')}`)
  process.exitCode = 1
}
