import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { mayWrite } from '../format/fixture-store.ts'
import { modelMistakes } from './model-mistakes.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const index = readFileSync(`${root}docs/README.md`, 'utf8')

/** The files to which a page links, as paths from the root. */
function linksOf(page: string): string[] {
  const text = readFileSync(root + page, 'utf8')
  const targets = [...text.matchAll(/\]\((?!https?:)([^)\s#]+)[^)\s]*\)/g)]
  return targets.map(([, target]) => join(dirname(page), target!))
}

it('every page of docs is reached from the index', () => {
  const reached = new Set(['docs/README.md'])
  for (const page of reached) {
    if (!page.endsWith('.md') || !existsSync(root + page)) continue
    for (const target of linksOf(page)) reached.add(target)
  }
  const files = readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' }).map(name => `docs/${name}`)
  // Pictures of an example are its own matter.
  const pages = files.filter(name => /\.(?:md|txt)$|^docs\/(?!examples\/).*\.svg$/.test(name))
  expect(pages.length).toBeGreaterThan(25)
  expect(pages.filter(page => !reached.has(page))).toEqual([])
})

it('the README of the repository leads to the index', () => {
  expect(linksOf('README.md')).toContain('docs/README.md')
})

it.each(modelMistakes)('$text', async ({ holds }) => {
  expect(await holds()).toBe(true)
})

it('docs/llms.txt is made from the index', () => {
  const [, name, summary] = /^# (.+)\n\n(.+)$/m.exec(readFileSync(`${root}README.md`, 'utf8'))!
  const sections = index.split('\n## ').slice(1)
  const lines = [`# ${name}`, '', `> ${summary}`, '', 'Lists of links: a page, and what its reader wants.']
  lines.push('', '## What coding models get wrong', '')
  lines.push(...modelMistakes.map(({ text }, i) => `${i + 1}. ${text}`))
  for (const section of sections) {
    const rows = section.split('\n').filter(line => /^\| (?!I want )/.test(line))
    // A row about several places of the pages leads to the first.
    const items = rows.map(row => /^\| (.+) \| \[([^\]]+)\]\(([^)]+)\)/.exec(row)!)
    const links = items.filter(([, , , target]) => target !== 'llms.txt')
    lines.push('', `## ${section.split('\n')[0]}`, '')
    lines.push(...links.map(([, want, title, target]) => `- [${title}](${target}): ${want}`))
  }
  const made = `${lines.join('\n')}\n`
  if (mayWrite) writeFileSync(`${root}docs/llms.txt`, made)
  expect(readFileSync(`${root}docs/llms.txt`, 'utf8')).toBe(made)
})
