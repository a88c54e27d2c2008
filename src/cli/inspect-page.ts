/**
 * The page of `coldsnap inspect`, in one piece: it loads nothing from anywhere else, and asks only the server it came from. What is
 * stored is shown as text, never as HTML. `nonce` ties its script and style to the policy it is served with.
 */
export function inspectPage(nonce: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>coldsnap</title>
<style nonce="${nonce}">${style}</style>
</head>
<body>
<header><h1>coldsnap</h1><span id="directory"></span><button id="verify">Verify</button></header>
<p id="failure" role="alert" hidden></p>
<section><h2>Caches</h2><nav id="caches"></nav></section>
<section><h2>Generations</h2><div id="line"></div></section>
<section><h2>Columns by size</h2><div id="map"></div></section>
<section><h2>Values</h2><p id="about"></p><div id="values"></div><p><button id="before">Before</button> <button id="next">Next</button></p></section>
<section><h2>Report</h2><ul id="report"></ul></section>
<script nonce="${nonce}">${script}</script>
</body>
</html>
`
}

const style = `
:root { color-scheme: light dark; font: 14px/1.4 system-ui, sans-serif }
body { margin: 0 auto; max-width: 70rem; padding: 1rem }
header { display: flex; gap: 1rem; align-items: baseline }
h1 { font-size: 1.3rem; margin: 0 } h2 { font-size: 1rem; margin: 1.2rem 0 .4rem }
#directory { flex: 1; overflow-wrap: anywhere }
#failure { color: #b00020 }
#line { position: relative; height: 3.2rem; border-bottom: 2px solid #8888; margin: 0 3rem }
#line button { position: absolute; bottom: -1px; transform: translateX(-50%) }
#map { position: relative; height: 16rem }
#map button { position: absolute; overflow: hidden; border: 1px solid Canvas; background: #4878a8; color: #fff; text-align: left; padding: .2rem }
button[aria-pressed=true] { outline: 3px solid #e08000; outline-offset: -3px }
#values { overflow-x: auto } table { border-collapse: collapse } td { border-top: 1px solid #8884; padding: .2rem .6rem; vertical-align: top }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere }
`

// Plain JavaScript without a build: no backquotes, no dollar before a brace.
const script = `
'use strict'
const byId = id => document.getElementById(id)
const rowsPerPage = 50
let chosen = { cache: undefined, generation: undefined, column: undefined, offset: 0 }

async function ask(path, fields) {
  const url = new URL('api/' + path, location.href)
  for (const [name, value] of Object.entries(fields || {})) if (value !== undefined) url.searchParams.set(name, value)
  const answer = await fetch(url)
  const body = await answer.json()
  if (!answer.ok) throw new Error(body.error)
  byId('failure').hidden = true
  return body
}
function guard(work) {
  return (...args) => work(...args).catch(error => {
    byId('failure').textContent = error.message
    byId('failure').hidden = false
  })
}
function make(name, text, parent) {
  const element = document.createElement(name)
  element.textContent = text
  parent.append(element)
  return element
}
function bytes(size) {
  return size < 1000 ? size + ' B' : size < 1e6 ? (size / 1e3).toFixed(1) + ' kB' : (size / 1e6).toFixed(1) + ' MB'
}
function press(parent, button) {
  for (const each of parent.querySelectorAll('button')) each.setAttribute('aria-pressed', String(each === button))
}

const start = guard(async () => {
  const listing = await ask('listing')
  byId('directory').textContent = listing.directory + ' (' + listing.kind + ')'
  const caches = listing.kind === 'tailscale' ? [{ name: 'netmap', generations: [] }] : listing.caches
  byId('caches').replaceChildren()
  for (const cache of caches) {
    const button = make('button', cache.name, byId('caches'))
    button.onclick = guard(() => chooseCache(cache, button))
  }
  const first = byId('caches').querySelector('button')
  if (first) first.click()
  else byId('about').textContent = 'There is no cache'
})

async function chooseCache(cache, button) {
  press(byId('caches'), button)
  chosen = { cache: cache.name, generation: undefined, column: undefined, offset: 0 }
  const line = byId('line')
  line.replaceChildren()
  const times = cache.generations.map(each => Date.parse(each.savedAt)).filter(time => !Number.isNaN(time))
  const from = Math.min(...times)
  const span = Math.max(...times) - from || 1
  for (const each of cache.generations) {
    const time = Date.parse(each.savedAt)
    const point = make('button', String(each.generation), line)
    point.title = each.savedAt === undefined ? each.status : each.savedAt + ', ' + bytes(each.bytes)
    point.disabled = each.status !== 'readable'
    point.style.left = (Number.isNaN(time) ? 0 : 100 * (time - from) / span) + '%'
    point.onclick = guard(() => chooseGeneration(each.generation, point))
  }
  const newest = line.querySelector('button:enabled')
  if (newest) newest.click()
  else await chooseGeneration(undefined, undefined)
}

async function chooseGeneration(generation, button) {
  if (button) press(byId('line'), button)
  chosen = { cache: chosen.cache, generation, column: undefined, offset: 0 }
  const state = await ask('state', { cache: chosen.cache, generation })
  byId('map').replaceChildren()
  const columns = [...state.columns].sort((a, b) => b.bytes - a.bytes)
  lay(columns, { left: 0, top: 0, width: 100, height: 100 })
  byId('about').textContent = columns.length === 0 ? 'There are no columns' : 'Choose a column'
  byId('values').replaceChildren()
}

// Splits a rectangle between the first half of the bytes and the rest, along its longer side.
function lay(columns, box) {
  if (columns.length === 0) return
  if (columns.length === 1) return tile(columns[0], box)
  const total = columns.reduce((sum, each) => sum + each.bytes + 1, 0)
  let count = 0
  let sum = 0
  do sum += columns[count++].bytes + 1
  while (count < columns.length - 1 && sum < total / 2)
  const part = sum / total
  const isWide = box.width * 3 >= box.height
  const one = isWide ? { ...box, width: box.width * part } : { ...box, height: box.height * part }
  const two = isWide
    ? { ...box, left: box.left + one.width, width: box.width - one.width }
    : { ...box, top: box.top + one.height, height: box.height - one.height }
  lay(columns.slice(0, count), one)
  lay(columns.slice(count), two)
}

function tile(column, box) {
  const button = make('button', column.name + ' ' + bytes(column.bytes), byId('map'))
  button.title = column.name + ': ' + column.shape + ', ' + column.count + ' elements, ' + bytes(column.bytes)
  for (const side of ['left', 'top', 'width', 'height']) button.style[side] = box[side] + '%'
  button.onclick = guard(async () => {
    press(byId('map'), button)
    chosen = { ...chosen, column: column.name, offset: 0 }
    await showValues()
  })
}

async function showValues() {
  const { cache, generation, column, offset } = chosen
  if (column === undefined) return
  const found = await ask('column', { cache, generation, column, offset, limit: rowsPerPage })
  const last = Math.min(found.total, offset + rowsPerPage)
  const range = found.shape === 'plain' ? '' : ', ' + (found.total === 0 ? 0 : offset + 1) + ' to ' + last + ' of ' + found.total
  byId('about').textContent = column + ': ' + found.shape + range
  byId('values').replaceChildren()
  const table = make('table', '', byId('values'))
  for (const [key, value] of found.elements) {
    const row = make('tr', '', table)
    make('td', key, row)
    make('pre', JSON.stringify(value, undefined, 1), make('td', '', row))
  }
  byId('before').disabled = offset === 0
  byId('next').disabled = last >= found.total
}
function turn(step) {
  return guard(async () => {
    chosen = { ...chosen, offset: Math.max(0, chosen.offset + step) }
    await showValues()
  })
}
byId('before').onclick = turn(-rowsPerPage)
byId('next').onclick = turn(rowsPerPage)
byId('verify').onclick = guard(async () => {
  byId('report').replaceChildren()
  make('li', 'Reading everything', byId('report'))
  const { ok, caches, records, blobs } = await ask('verify')
  byId('report').replaceChildren()
  const problems = [...caches.flatMap(each => each.problems), ...records, ...blobs.problems]
  make('li', ok ? 'All is whole' : problems.length + ' problems', byId('report'))
  for (const problem of problems) make('li', problem.code + ' ' + problem.message, byId('report'))
})
start()
`
