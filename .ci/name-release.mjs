// Gives what the changelog calls unreleased the version that the changesets came to. Part of `npm run version:next`.
import { readFileSync, writeFileSync } from 'node:fs'

const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
const text = readFileSync('CHANGELOG.md', 'utf8')
const named = text.replace(/^## .*\(unreleased\)$/m, `## ${version}`)
if (named === text) throw new Error('CHANGELOG.md has no section that is unreleased')
writeFileSync('CHANGELOG.md', named)
