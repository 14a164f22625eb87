/** Does one thing at a time. Of what is asked for while one is under way, only the latest is done; the others come to false. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve()
  private asked = 0

  take(work: () => Promise<boolean>): Promise<boolean> {
    const mine = ++this.asked
    const done = this.last.then(() => mine === this.asked && work())
    this.last = done
    return done
  }
}
