const KNOWN: [pattern: RegExp, name: string][] = [
  [/\bEdg\/(\d+)/, 'Edge'],
  [/\bOPR\/(\d+)/, 'Opera'],
  [/\bFirefox\/(\d+)/, 'Firefox'],
  [/\bChrome\/(\d+)/, 'Chrome'],
  [/\bVersion\/(\d+).*Safari/, 'Safari'],
]
const SYSTEMS: [pattern: RegExp, name: string][] = [
  [/Windows/, 'Windows'],
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
]

/** "Chrome 156 · Windows" for what a browser calls itself; what we do not know as it came. */
export function browserName(agent: string): string {
  const browser = KNOWN.flatMap(([pattern, name]) => pattern.exec(agent)?.[1]?.replace(/^/, `${name} `) ?? [])[0]
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1]
  return browser ? [browser, system].filter(Boolean).join(' · ') : agent.slice(0, 60)
}
