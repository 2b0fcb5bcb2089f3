// A log that takes warnings, for what is said once at a start.

export const listen = () => {
  const lines: string[] = []
  return {
    lines,
    log: {
      warn: (line: string) => {
        lines.push(line)
      }
    }
  }
}
