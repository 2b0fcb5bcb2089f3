// The walk over everything that the server offers, with the largest inputs: shared by the tests of bounded work (BW-07).

/** Of a body, of a form and of the head of a request, a little below what the server takes. */
export const BODY_CHARACTERS = 900_000

/** What is asked in one shape here is asked in the next shape there: over all of them each meets each. */
export const every = <T>(list: readonly T[], step: number, turn: number): T[] =>
  list.filter((_, index) => (index + turn) % step === 0)
export const LIMIT = { timeout: 200_000 }
