/** A row as text: one cell per column of the table. */
export interface TableRow {
  readonly id: string
  readonly cells: readonly string[]
  /** What styles tell apart: `online`, `changed`. */
  readonly marks: string
}

const extraRows = 12

/** Draws only the rows of a long table that are in view. Rows that are in the document already are filled again. */
export class VirtualTable<Item> {
  readonly #scroller: HTMLElement
  readonly #table: HTMLTableElement
  readonly #body: HTMLTableSectionElement
  readonly #above: HTMLTableRowElement
  readonly #below: HTMLTableRowElement
  readonly #rows: HTMLTableRowElement[] = []
  readonly #rowOf: (item: Item) => TableRow
  #items: readonly Item[] = []
  #rowPx = 30
  #isDrawDue = false

  /** `scroller` holds a table with a head; rows are added to its body. */
  constructor(scroller: HTMLElement, rowOf: (item: Item) => TableRow) {
    this.#scroller = scroller
    // What scrolls must be reached by the keyboard.
    scroller.tabIndex = 0
    this.#table = scroller.querySelector('table')!
    this.#body = this.#table.tBodies[0]!
    this.#rowOf = rowOf
    this.#above = this.#addRow(1)
    this.#below = this.#addRow(1)
    for (const space of [this.#above, this.#below]) space.ariaHidden = 'true'
    scroller.addEventListener('scroll', () => this.#drawSoon(), { passive: true })
    new ResizeObserver(() => this.#drawSoon()).observe(scroller)
  }

  show(items: readonly Item[]): void {
    this.#items = items
    this.#table.ariaRowCount = String(items.length + 1)
    this.#draw()
  }

  scrollToTop(): void {
    this.#scroller.scrollTop = 0
  }

  /** Brings item number `index` to the middle, unless it is in view. */
  reveal(index: number): void {
    const top = index * this.#rowPx
    const viewPx = this.#scroller.clientHeight - 2 * this.#rowPx
    const isInView = top >= this.#scroller.scrollTop && top <= this.#scroller.scrollTop + viewPx
    if (!isInView) this.#scroller.scrollTop = top - viewPx / 2
    this.#draw()
  }

  #drawSoon(): void {
    if (this.#isDrawDue) return
    this.#isDrawDue = true
    requestAnimationFrame(() => this.#draw())
  }

  #draw(): void {
    this.#isDrawDue = false
    const inView = Math.ceil(this.#scroller.clientHeight / this.#rowPx)
    const first = Math.max(0, Math.floor(this.#scroller.scrollTop / this.#rowPx) - extraRows)
    const shown = this.#items.slice(first, first + inView + 2 * extraRows)
    while (this.#rows.length < shown.length) this.#rows.push(this.#addRow(this.#table.tHead!.rows[0]!.cells.length))
    for (const row of this.#rows.splice(shown.length)) row.remove()
    for (const [i, row] of this.#rows.entries()) this.#fill(row, first + i, this.#rowOf(shown[i]!))
    this.#above.style.height = `${first * this.#rowPx}px`
    this.#below.style.height = `${(this.#items.length - first - shown.length) * this.#rowPx}px`
    this.#rowPx = this.#rows[0]?.offsetHeight || this.#rowPx
  }

  #fill(row: HTMLTableRowElement, index: number, { id, cells, marks }: TableRow): void {
    // The head is row 1.
    row.ariaRowIndex = String(index + 2)
    row.dataset['id'] = id
    row.dataset['marks'] = marks
    for (const [i, text] of cells.entries()) {
      const cell = row.cells[i]!
      if (cell.textContent !== text) cell.textContent = text
    }
  }

  #addRow(columns: number): HTMLTableRowElement {
    const row = document.createElement('tr')
    for (let i = 0; i < columns; i++) row.append(document.createElement('td'))
    // Between the two that stand for all that is not drawn.
    this.#body.insertBefore(row, this.#below ?? null)
    return row
  }
}
