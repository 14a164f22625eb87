// What moves the page waits while a button of the mouse is down: else the click would land beside what it was meant for.

let isDown = false
const waiting: (() => void)[] = []

const release = () => {
  isDown = false
  // The click itself comes after this event.
  setTimeout(() => waiting.splice(0).forEach((run) => run()))
}

addEventListener('pointerdown', () => (isDown = true), { capture: true })
addEventListener('pointerup', release, { capture: true })
addEventListener('pointercancel', release, { capture: true })

export function afterClick(run: () => void): void {
  if (isDown) waiting.push(run)
  else run()
}
