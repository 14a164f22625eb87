/** Run *then* once what is in the document now stands on the screen. Never runs while the tab is hidden. */
export function afterPaint(then: () => void): void {
  // The first callback comes before a frame is painted, the second before the next: the frame between is on screen.
  requestAnimationFrame(() => requestAnimationFrame(then))
}
