import { describe, expect, it } from 'vitest'
import { backportsSource, isAtLeast, parseDeb822, parseOneLine, parsePolicy } from '../../../node/setup/apt.mjs'

const deb822 = `Types: deb
# http://snapshot.example.org/archive/debian/20250520T000000Z
URIs: http://mirror.example.org/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb deb-src
URIs: http://security.example.org/debian-security
Suites: bookworm-security
Components: main
`

describe('the backports source', () => {
  it('takes mirror and key from a deb822 file', () => {
    expect(backportsSource(parseDeb822(deb822), 'bookworm')).toMatch(
      /^#.*\nTypes: deb\nURIs: http:\/\/mirror\.example\.org\/debian\nSuites: bookworm-backports\nComponents: main\nSigned-By: \/usr\/share\/keyrings\/debian-archive-keyring\.gpg\n$/,
    )
  })

  it('takes mirror and options from a one-line file', () => {
    const sources = parseOneLine(
      '# deb http://no.example/debian bookworm main\n' +
        'deb [arch=amd64,arm64 signed-by=/etc/keys/a.gpg lang=de] https://mirror.example.org/debian/ bookworm main contrib # ours\n' +
        'deb-src http://src.example/debian bookworm main\n',
    )
    expect(sources).toHaveLength(1)
    const text = backportsSource(sources, 'bookworm')
    expect(text).toContain('URIs: https://mirror.example.org/debian/\nSuites: bookworm-backports\nComponents: main\n')
    expect(text).toContain('Signed-By: /etc/keys/a.gpg\n')
    expect(text).toContain('Architectures: amd64 arm64\n')
  })

  it('keeps an inline key with its continuation lines', () => {
    const [source] = parseDeb822('Types: deb\nURIs: http://a.example/debian\nSuites: bookworm\nComponents: main\nSigned-By:\n -----BEGIN PGP-----\n .\n abc\n')
    expect(source?.options['Signed-By']).toBe('\n -----BEGIN PGP-----\n .\n abc')
  })

  it('ignores disabled entries, other releases and source packages', () => {
    expect(parseDeb822('Enabled: no\nTypes: deb\nURIs: http://a.example\nSuites: bookworm\nComponents: main\n')).toEqual([])
    expect(parseDeb822('Types: deb-src\nURIs: http://a.example\nSuites: bookworm\nComponents: main\n')).toEqual([])
    expect(backportsSource(parseDeb822(deb822), 'trixie')).toBeNull()
    expect(backportsSource(parseOneLine('deb http://a.example/x bookworm contrib'), 'bookworm')).toBeNull()
  })
})

describe('package versions', () => {
  it('reads installed, candidate and every offered version', () => {
    const text = `mesa-vulkan-drivers:
  Installed: (none)
  Candidate: 22.3.6-1+deb12u2
  Version table:
     25.0.7-2~bpo12+1 100
        100 http://mirror.example.org/debian bookworm-backports/main amd64 Packages
     22.3.6-1+deb12u2 500
        500 http://mirror.example.org/debian bookworm/main amd64 Packages
`
    expect(parsePolicy(text)).toEqual({
      installed: null,
      candidate: '22.3.6-1+deb12u2',
      versions: ['25.0.7-2~bpo12+1', '22.3.6-1+deb12u2'],
    })
    expect(parsePolicy('')).toEqual({ installed: null, candidate: null, versions: [] })
  })

  it.each([
    ['22.3.6-1+deb12u2', false],
    ['23.0.4-0ubuntu1', false],
    ['23.1.0-1', true],
    ['25.0.7-2~bpo12+1', true],
    ['1:24.2.8-1ubuntu1', true],
    ['garbage', false],
  ])('compares %s with 23.1', (version, expected) => {
    expect(isAtLeast(version, [23, 1])).toBe(expected)
  })
})
