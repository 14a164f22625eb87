// What a screen reader is told: politely for results, at once only for a call that rings.

class Announcer {
  polite = $state('')
  assertive = $state('')

  say(text: string): void {
    this.polite = text
  }

  ring(text: string): void {
    this.assertive = text
  }
}

export const announcer = new Announcer()
