import type { Cache, Column, Found, Generation, Listing, Rows, Verified } from './inspect-answers.ts'

interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/**
 * The script of the page: its text is sent to the browser, so it uses nothing from outside of itself. What is stored only ever
 * becomes the text of an element.
 */
export function inspectClient(): void {
  const rowsPerPage = 50
  const shownChars = 160
  const chosen = { cache: '', generation: undefined as number | undefined, column: undefined as Column | undefined }
  let offset = 0
  let columns: readonly Column[] = []
  // Answers come in any order: that of an older question is dropped.
  let asked = 0

  function byId<Kind extends HTMLElement>(id: string): Kind {
    return document.getElementById(id) as Kind
  }

  async function ask<Answer>(
    question: string,
    fields: Readonly<Record<string, string | number | undefined>> = {},
  ): Promise<Answer> {
    const url = new URL(`api/${question}`, location.href)
    for (const [name, value] of Object.entries(fields))
      if (value !== undefined) url.searchParams.set(name, String(value))
    const answer = await fetch(url).catch(() => {
      throw new Error('coldsnap inspect does not answer: it was ended, or the machine was')
    })
    const body = (await answer.json()) as { error?: string }
    if (!answer.ok) throw new Error(body.error ?? `Status ${answer.status}`)
    byId('failure').hidden = true
    return body as Answer
  }

  function guard(work: () => Promise<void>): void {
    work().catch((error: Error) => {
      byId('failure').textContent = error.message
      byId('failure').hidden = false
    })
  }

  function make<Name extends keyof HTMLElementTagNameMap>(
    name: Name,
    parent: Element,
    text = '',
    className = '',
  ): HTMLElementTagNameMap[Name] {
    const element = document.createElement(name)
    element.textContent = text
    element.className = className
    parent.append(element)
    return element
  }

  function showBytes(size: number): string {
    if (size < 1000) return `${size} B`
    return size < 1e6 ? `${(size / 1e3).toFixed(1)} kB` : `${(size / 1e6).toFixed(1)} MB`
  }

  function showCount(count: number, one: string): string {
    return `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`
  }

  function showAge(ageMs: number): string {
    const units = [
      [86_400_000, 'day'],
      [3_600_000, 'hour'],
      [60_000, 'minute'],
      [1000, 'second'],
    ] as const
    const unit = units.find(([ms]) => ageMs >= ms)
    return unit === undefined ? 'just now' : `${showCount(Math.floor(ageMs / unit[0]), unit[1])} ago`
  }

  function press(button: HTMLElement): void {
    for (const each of button.parentElement!.closest('[data-group]')!.querySelectorAll('button')) {
      each.setAttribute('aria-pressed', String(each === button))
      each.tabIndex = each === button ? 0 : -1
    }
  }

  // One stop for the tabulator, and arrows inside: there may be hundreds of generations.
  function arrows(group: HTMLElement): void {
    group.addEventListener('keydown', event => {
      const buttons = [...group.querySelectorAll<HTMLButtonElement>('button:enabled')]
      const at = buttons.indexOf(document.activeElement as HTMLButtonElement)
      const targets: Record<string, number> = { Home: 0, End: buttons.length - 1 }
      for (const key of ['ArrowRight', 'ArrowDown']) targets[key] = Math.min(at + 1, buttons.length - 1)
      for (const key of ['ArrowLeft', 'ArrowUp']) targets[key] = Math.max(at - 1, 0)
      const target = targets[event.key]
      if (at < 0 || target === undefined) return
      event.preventDefault()
      buttons[target]!.focus()
    })
  }

  async function start(): Promise<void> {
    const listing = await ask<Listing>('listing')
    byId('directory').textContent = listing.directory
    byId('kind').textContent = listing.kind
    document.title = `${listing.directory} - coldsnap`
    const caches = listing.kind === 'tailscale' ? [{ name: 'netmap', generations: [] }] : listing.caches
    byId('caches').replaceChildren()
    byId('empty').hidden = caches.length > 0
    for (const id of ['generations', 'columns', 'content']) byId(id).hidden = caches.length === 0
    let selected: HTMLButtonElement | undefined
    for (const cache of caches) {
      const button = make('button', byId('caches'), '', 'chip')
      make('b', button, cache.name)
      if (cache.generations.length > 0) make('small', button, showCount(cache.generations.length, 'generation'))
      button.onclick = () => guard(() => chooseCache(cache, button))
      if (cache.name === chosen.cache || selected === undefined) selected = button
    }
    selected?.click()
    showOthers(listing)
  }

  function showOthers({ groups, blobs, otherKeys }: Listing): void {
    const list = byId('others')
    list.replaceChildren()
    const add = (name: string, what: string): void => {
      const item = make('li', list)
      make('b', item, name)
      make('span', item, what)
    }
    for (const { name, records } of groups) add(name, `group, ${showCount(records, 'record')}`)
    for (const { namespace, count, bytes } of blobs) add(namespace, `${showCount(count, 'blob')}, ${showBytes(bytes)}`)
    if (otherKeys > 0) add(showCount(otherKeys, 'other key'), 'not of coldsnap')
    byId('also').hidden = list.childElementCount === 0
  }

  async function chooseCache(cache: Cache, button: HTMLElement): Promise<void> {
    press(button)
    chosen.cache = cache.name
    byId('generations').hidden = cache.generations.length === 0
    const newest = showLine(cache.generations)
    if (newest !== undefined) newest.click()
    else if (cache.generations.length === 0) await chooseGeneration(undefined)
    else showColumns([])
  }

  function showLine(generations: readonly Generation[]): HTMLButtonElement | undefined {
    const line = byId('line')
    line.replaceChildren()
    const inTime = [...generations].reverse()
    const places = placesOf(inTime.map(({ savedAt }) => (savedAt === undefined ? Number.NaN : Date.parse(savedAt))))
    let newest: HTMLButtonElement | undefined
    inTime.forEach((each, i) => {
      const point = make('button', line, String(each.generation))
      const isReadable = each.status === 'readable'
      const said = isReadable ? `saved ${new Date(each.savedAt!).toLocaleString()}` : each.status
      point.title = `Generation ${each.generation}, ${said}`
      point.setAttribute('aria-label', point.title)
      point.style.left = `${places[i]}%`
      point.disabled = !isReadable
      point.onclick = () => {
        press(point)
        guard(() => chooseGeneration(each))
      }
      if (isReadable) newest = point
    })
    const known = inTime.filter(({ savedAt }) => savedAt !== undefined)
    byId('from').textContent = known.length > 1 ? new Date(known[0]!.savedAt!).toLocaleString() : ''
    byId('until').textContent = known.length > 1 ? new Date(known.at(-1)!.savedAt!).toLocaleString() : ''
    return newest
  }

  // By time, but so far apart that each can be hit.
  function placesOf(times: readonly number[]): number[] {
    const known = times.filter(time => !Number.isNaN(time))
    const from = Math.min(...known)
    const span = Math.max(...known) - from || 1
    const gap = Math.min((100 * 40) / Math.max(byId('line').clientWidth, 1), 100 / Math.max(times.length - 1, 1))
    const places = times.map(time => (Number.isNaN(time) ? 0 : (100 * (time - from)) / span))
    if (times.length === 1) return [50]
    for (let i = 1; i < places.length; i++) places[i] = Math.max(places[i]!, places[i - 1]! + gap)
    let end = 100
    for (let i = places.length - 1; i >= 0; i--) {
      places[i] = Math.max(0, Math.min(places[i]!, end))
      end = places[i]! - gap
    }
    return places
  }

  async function chooseGeneration(generation: Generation | undefined): Promise<void> {
    const mine = ++asked
    chosen.generation = generation?.generation
    if (generation !== undefined) {
      const { savedAt, ageMs, bytes, sealed } = generation
      const parts = [`Generation ${generation.generation}`]
      if (savedAt !== undefined) parts.push(`saved ${new Date(savedAt).toLocaleString()}`)
      if (ageMs !== undefined) parts.push(showAge(ageMs))
      if (bytes !== undefined) parts.push(showBytes(bytes))
      if (sealed === true) parts.push('sealed')
      byId('about').textContent = parts.join(' · ')
    }
    const state = await ask<{ columns: readonly Column[] }>('state', {
      cache: chosen.cache,
      generation: chosen.generation,
    })
    if (mine === asked) showColumns(state.columns)
  }

  function showColumns(found: readonly Column[]): void {
    columns = [...found].sort((a, b) => b.bytes - a.bytes)
    const list = byId('list')
    list.replaceChildren()
    const total = columns.reduce((sum, each) => sum + each.bytes, 0) || 1
    byId('total').textContent = `${showCount(columns.length, 'column')}, ${showBytes(total)}`
    for (const column of columns) {
      const button = make('button', make('li', list))
      make('i', button, '', `dot ${column.shape}`)
      make('b', button, column.name)
      make(
        'span',
        button,
        column.shape === 'plain' ? 'plain' : `${column.shape} of ${column.count.toLocaleString('en')}`,
      )
      make('span', button, showBytes(column.bytes), 'size')
      make('i', button, '', 'bar').style.width = `${(100 * column.bytes) / total}%`
      button.tabIndex = -1
      button.onclick = () => chooseColumn(column)
    }
    layMap()
    const again = columns.find(({ name }) => name === chosen.column?.name) ?? columns[0]
    if (again === undefined) {
      byId('content').hidden = true
      return
    }
    byId('content').hidden = false
    chooseColumn(again)
  }

  function layMap(): void {
    const map = byId('map')
    map.replaceChildren()
    const { clientWidth: width, clientHeight: height } = map
    if (width > 0) lay(columns, { left: 0, top: 0, width, height })
    markColumn()
  }

  // Splits a rectangle between the first half of the bytes and the rest, along its longer side.
  function lay(some: readonly Column[], box: Box): void {
    if (some.length === 0) return
    if (some.length === 1) {
      tile(some[0]!, box)
      return
    }
    const total = some.reduce((sum, each) => sum + each.bytes + 1, 0)
    let count = 0
    let sum = 0
    do sum += some[count++]!.bytes + 1
    while (count < some.length - 1 && sum < total / 2)
    const part = sum / total
    const isWide = box.width >= box.height
    const one = isWide ? { ...box, width: box.width * part } : { ...box, height: box.height * part }
    const two = isWide
      ? { ...box, left: box.left + one.width, width: box.width - one.width }
      : { ...box, top: box.top + one.height, height: box.height - one.height }
    lay(some.slice(0, count), one)
    lay(some.slice(count), two)
  }

  function tile(column: Column, box: Box): void {
    const button = make('button', byId('map'), '', column.shape)
    const said = `${column.name}: ${column.shape}, ${showCount(column.count, 'element')}, ${showBytes(column.bytes)}`
    button.title = said
    button.setAttribute('aria-label', said)
    button.tabIndex = -1
    for (const side of ['left', 'top', 'width', 'height'] as const) button.style[side] = `${box[side]}px`
    if (box.width > 44 && box.height > 22) make('b', button, column.name)
    if (box.width > 60 && box.height > 42) make('small', button, showBytes(column.bytes))
    button.onclick = () => chooseColumn(column)
  }

  function chooseColumn(column: Column): void {
    if (chosen.column?.name !== column.name) byId<HTMLInputElement>('needle').value = ''
    chosen.column = column
    offset = 0
    markColumn()
    guard(showValues)
  }

  function markColumn(): void {
    const at = columns.findIndex(({ name }) => name === chosen.column?.name)
    // Tiles are made in the order of the list.
    for (const id of ['map', 'list']) {
      const button = byId(id).querySelectorAll('button')[at]
      if (button !== undefined) press(button)
    }
  }

  async function showValues(): Promise<void> {
    const { cache, generation, column } = chosen
    if (column === undefined) return
    const mine = ++asked
    const contains = byId<HTMLInputElement>('needle').value || undefined
    const fields = { cache, generation, column: column.name, contains, offset, limit: rowsPerPage }
    const { shape, total, elements } = await ask<Rows>('column', fields)
    if (mine !== asked) return
    byId('name').textContent = column.name
    byId('find').hidden = shape === 'plain'
    byId('turn').hidden = shape === 'plain'
    const last = Math.min(total, offset + rowsPerPage)
    byId('range').textContent = total === 0 ? 'none' : `${offset + 1} to ${last} of ${total.toLocaleString('en')}`
    byId<HTMLButtonElement>('before').disabled = offset === 0
    byId<HTMLButtonElement>('next').disabled = last >= total
    const body = byId('rows')
    body.replaceChildren()
    for (const [key, value] of elements) {
      const row = make('tr', body)
      if (shape !== 'plain') make('th', row, key).scope = 'row'
      showValue(make('td', row), value)
    }
  }

  function showValue(cell: Element, value: unknown): void {
    const short = JSON.stringify(value) ?? 'undefined'
    if (short.length <= shownChars) {
      make('code', cell, short)
      return
    }
    const details = make('details', cell)
    make('code', make('summary', details), `${short.slice(0, shownChars)}...`)
    // A large value costs something only if somebody wants to see it.
    details.ontoggle = () => {
      if (details.open && details.childElementCount === 1) make('pre', details, JSON.stringify(value, undefined, 2))
    }
  }

  async function verify(): Promise<void> {
    const button = byId<HTMLButtonElement>('verify')
    const report = byId('report')
    report.hidden = false
    byId('problems').replaceChildren()
    byId('result').className = ''
    byId('result').textContent = 'Reading everything ...'
    button.disabled = true
    try {
      showReport(await ask<Verified>('verify'))
    } catch (error) {
      report.hidden = true
      throw error
    } finally {
      button.disabled = false
    }
  }

  function showReport({ ok, caches, records, blobs }: Verified): void {
    const list = byId('problems')
    const result = byId('result')
    let count = 0
    const add = (where: string, { code, message }: Found): void => {
      count++
      const item = make('li', list)
      make('code', item, code)
      make('span', item, `${where}: ${message}`)
    }
    for (const { cache, problems } of caches) {
      for (const each of problems)
        add(each.generation === undefined ? cache : `${cache}, generation ${each.generation}`, each)
    }
    for (const each of records) add('netmap', each)
    for (const each of blobs.problems) add(each.namespace ?? 'blobs', each)
    for (const { cache, whole, unused } of caches) {
      const said = whole.length === 0 ? 'no generation is whole' : `whole: ${whole.join(', ')}`
      make('li', list, `${cache}, ${said}${unused.length === 0 ? '' : `; ${showCount(unused.length, 'unused key')}`}`)
    }
    result.className = ok ? 'good' : 'bad'
    result.textContent = ok ? 'Everything is whole' : `${showCount(count, 'problem')} found`
  }

  function turn(step: number): void {
    offset = Math.max(0, offset + step)
    guard(showValues)
  }

  for (const id of ['caches', 'line', 'map', 'list']) arrows(byId(id))
  byId('before').onclick = () => turn(-rowsPerPage)
  byId('next').onclick = () => turn(rowsPerPage)
  byId('needle').oninput = () => {
    offset = 0
    guard(showValues)
  }
  byId('find').onsubmit = event => event.preventDefault()
  byId('verify').onclick = () => guard(verify)
  byId('reload').onclick = () => guard(start)
  new ResizeObserver(layMap).observe(byId('map'))
  guard(start)
}
