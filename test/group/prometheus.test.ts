import { describe, expect, it } from 'vitest'
import { prometheusText } from '../../src/group/prometheus.ts'
import { statsOf } from './stats-of.ts'

const recordStats = { hits: 1, misses: 2, writes: 3, dropped: 4, evictions: 5, corrupt: 6, errors: 7, bytes: 8 }

/** The samples of a text by name and labels. */
function samples(text: string): Map<string, number> {
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  return new Map(lines.map(line => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]))
}

describe('prometheusText', () => {
  it("has Go's instruments under Go's names", () => {
    const text = prometheusText({ users: statsOf(100) })
    const found = [...samples(text)].filter(([name]) => name.startsWith('groupcache_'))
    const group = (name: string): string => `groupcache_group_${name}{group_name="users"}`
    const cache = (name: string, type: string): string =>
      `groupcache_cache_${name}{group_name="users",cache_type="${type}"}`
    expect(found).toEqual([
      [group('gets_total'), 100],
      [group('cache_hits_total'), 101],
      [group('peer_loads_total'), 103],
      [group('peer_errors_total'), 104],
      [group('loads_total'), 105],
      [group('loads_deduped_total'), 106],
      [group('local_loads_total'), 107],
      [group('local_load_errors_total'), 108],
      [group('peer_latency_max_ms'), 102],
      [group('remove_keys_requests_total'), 109],
      [group('removed_keys_total'), 110],
      ...['rejected_total', 'bytes', 'items', 'gets_total', 'hits_total', 'evictions_total'].flatMap((name, i) => [
        [cache(name, 'main'), 115 + i],
        [cache(name, 'hot'), 123 + i],
      ]),
    ])
  })

  it('says type and meaning once for each name, before its samples', () => {
    const text = prometheusText({ a: statsOf(1), b: statsOf(50, { store: recordStats }) })
    expect(text).toContain(
      [
        '# HELP groupcache_group_gets_total Gets, those of peers among them',
        '# TYPE groupcache_group_gets_total counter',
        'groupcache_group_gets_total{group_name="a"} 1',
        'groupcache_group_gets_total{group_name="b"} 50',
        '',
      ].join('\n'),
    )
    expect(text).toContain('# TYPE groupcache_cache_bytes gauge\n')
    const types = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name)
    expect(new Set(types).size).toBe(types.length)
    expect(text.endsWith('\n')).toBe(true)
  })

  it('has the numbers of the persistent level only of groups that have one', () => {
    const found = samples(prometheusText({ a: statsOf(1), b: statsOf(1, { store: recordStats }) }))
    const records = [...found].filter(([name]) => name.startsWith('coldsnap_records_'))
    expect(records.map(([, value]) => value)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(records.every(([name]) => name.endsWith('{group_name="b"}'))).toBe(true)
    expect(prometheusText({ a: statsOf(1) })).not.toContain('records')
  })

  it('writes OpenMetrics where asked for it', () => {
    const text = prometheusText({ a: statsOf(1) }, { format: 'openmetrics' })
    expect(text).toContain('# TYPE groupcache_group_gets counter\ngroupcache_group_gets_total{group_name="a"} 1\n')
    expect(text.endsWith('# EOF\n')).toBe(true)
    expect(prometheusText({}, { format: 'openmetrics' })).toBe('# EOF\n')
    expect(prometheusText({})).toBe('')
  })

  it('escapes labels, and writes numbers that are not finite', () => {
    const text = prometheusText(
      { 'a"b\\c\nd': statsOf(1, { getFromPeersLatencyLower: Number.POSITIVE_INFINITY }) },
      { labels: { service: 'x"y' } },
    )
    const labels = '{service="x\\"y",group_name="a\\"b\\\\c\\nd"}'
    expect(text).toContain(`groupcache_group_gets_total${labels} 1\n`)
    expect(text).toContain(`groupcache_group_peer_latency_max_ms${labels} +Inf\n`)
  })

  it('refuses labels that would not be read, and unknown options', () => {
    for (const name of ['', '1a', 'a-b', '__x', 'group_name', 'cache_type']) {
      expect(() => prometheusText({}, { labels: { [name]: '' } }), name).toThrow(RangeError)
    }
    expect(() => prometheusText({}, { format: 'text', ...{ lables: {} } })).toThrow(/Unknown option lables/)
  })
})
