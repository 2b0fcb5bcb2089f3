// Names close to one that does not exist, so that a model can correct itself without reading the catalogue again.
import { distance } from 'fastest-levenshtein'

/** @returns ` Did you mean a, b or c?`, or nothing when no name is near. */
export function didYouMean (wrong: string, names: Iterable<string>): string {
  const near = [...new Set(names)]
    .map((name) => ({ name, far: distance(wrong.toLowerCase().slice(0, 64), name.toLowerCase().slice(0, 64)) }))
    .filter(({ name, far }) => far <= Math.max(2, name.length / 3))
    .sort((a, b) => a.far - b.far || (a.name < b.name ? -1 : 1))
    .slice(0, 3)
    .map(({ name }) => name)
  return near.length === 0 ? '' : ` Did you mean ${list(near)}?`
}

const list = (names: string[]): string =>
  names.length === 1 ? names[0]! : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
