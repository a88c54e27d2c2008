import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isWellFormed, utf8Encode } from '../../../src/bytes/utf8.ts'
import { escapeSegment, unescapePath } from '../../../src/group/wire/escape.ts'
import { checkBasePath, parseTarget, targetOf } from '../../../src/group/wire/target.ts'
import { anyText } from '../any-text.ts'

const escaping = fc.constantFrom('path' as const, 'query' as const)
const group = anyText({ minLength: 1 }).filter(name => !name.includes('/'))

describe('escapeSegment', () => {
  it("is Go's PathEscape", () => {
    expect(escapeSegment("a/b c?d#e%f&g=h+i:j@k;l,m$n!o*p'q(r)s~t-u_v.w")).toBe(
      'a%2Fb%20c%3Fd%23e%25f&g=h+i:j@k%3Bl%2Cm$n%21o%2Ap%27q%28r%29s~t-u_v.w',
    )
    expect(escapeSegment(Uint8Array.of(0, 0x1f, 0x7f, 0xff))).toBe('%00%1F%7F%FF')
  })

  it("is Go's QueryEscape on request", () => {
    expect(escapeSegment('a b+c$&:=@/é~-_.', 'query')).toBe('a+b%2Bc%24%26%3A%3D%40%2F%C3%A9~-_.')
  })

  it('is undone by unescapePath, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), escaping, (bytes, how) => {
        const escaped = escapeSegment(bytes, how)
        expect(escaped).toMatch(/^[\w\-.~$&+:=@%]*$/)
        expect(unescapePath(escaped, how)).toEqual(bytes)
      }),
    )
  })
})

describe('unescapePath', () => {
  it('takes hex of either case and raw bytes, and refuses the rest', () => {
    expect(unescapePath('%fF\xe9+')).toEqual(Uint8Array.of(0xff, 0xe9, 0x2b))
    for (const path of ['%', '%4', '%4g', '%g4', '%%41', '%+1', 'a b', 'a\nb', '\x7f', 'Ā', '日']) {
      expect(unescapePath(path), JSON.stringify(path)).toBeUndefined()
    }
  })
})

describe('parseTarget', () => {
  it('finds the group and any key again', () => {
    fc.assert(
      fc.property(group, fc.uint8Array(), escaping, (name, key, how) => {
        for (const basePath of ['/_groupcache/', '/', '/a/b/']) {
          const rules = { basePath, escaping: how }
          expect(parseTarget(targetOf(rules, name, key), rules)).toEqual({ kind: 'key', group: name, key })
        }
      }),
    )
  })

  it('hides a key of dots alone from what tidies up paths', () => {
    const target = (key: string, how: 'path' | 'query'): string => targetOf({ escaping: how }, 'users', utf8Encode(key))
    for (const how of ['path', 'query'] as const) {
      expect(target('.', how)).toBe('/_groupcache/users/%2E')
      expect(target('..', how)).toBe('/_groupcache/users/%2E%2E')
      expect(target('...', how)).toBe('/_groupcache/users/...')
      expect(target('.a', how)).toBe('/_groupcache/users/.a')
    }
  })

  it('parts the unescaped path, and ignores a query', () => {
    const key = (text: string): unknown => ({ kind: 'key', group: 'users', key: utf8Encode(text) })
    expect(parseTarget('/_groupcache/users/a/b')).toEqual(key('a/b'))
    expect(parseTarget('/_groupcache/users%2Fa%2Fb')).toEqual(key('a/b'))
    expect(parseTarget('/%5Fgroupcache/users/a?x=%zz')).toEqual(key('a'))
    expect(parseTarget('/_groupcache/users/')).toEqual(key(''))
    expect(parseTarget('/_groupcache/users/..')).toEqual(key('..'))
    expect(parseTarget('/_groupcache/users//a')).toEqual(key('/a'))
    expect(parseTarget('/_groupcache/users/a+b', { escaping: 'query' })).toEqual(key('a b'))
    expect(parseTarget('/_groupcache//k')).toEqual({ kind: 'key', group: '', key: utf8Encode('k') })
    expect(parseTarget('/_groupcache/%ff/k')).toEqual({ kind: 'key', group: '\udcff', key: utf8Encode('k') })
  })

  it('tells what is elsewhere from what is malformed', () => {
    for (const target of ['/', '/other', '/_groupcache', '/_groupcachf/users/a', '//_groupcache/users/a']) {
      expect(parseTarget(target), target).toEqual({ kind: 'elsewhere' })
    }
    const malformed = ['', '*', 'http://h/_groupcache/users/a', 'h:80', '/_groupcache/users', '/_groupcache/', '/%']
    for (const target of malformed) expect(parseTarget(target), target).toEqual({ kind: 'malformed' })
  })

  it('of any text ends with one of its three answers', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'/%2Fa?_\xff ') }), text => {
        const parsed = parseTarget(`/_groupcache/${text}`)
        if (parsed.kind === 'key') {
          // A group can only be named if it is UTF-8.
          if (isWellFormed(parsed.group)) expect(parseTarget(targetOf({}, parsed.group, parsed.key))).toEqual(parsed)
        } else expect(parsed.kind).toBe('malformed')
      }),
    )
  })
})

it('checkBasePath takes what can stand before a group', () => {
  for (const path of ['/', '/_groupcache/', '/a/b.c/~d/']) checkBasePath(path)
  for (const path of ['', 'a/', '/a', '/a b/', '/é/', '//', '/../', '/a/./', '/%41/', '/a?/']) {
    expect(() => checkBasePath(path), path).toThrow(RangeError)
  }
  expect(() => checkBasePath(1 as never)).toThrow(TypeError)
})
