// The languages that types are generated in, by the names quicktype knows them by: those of which a whole file comes
// out that compiles as it is (Rust's with serde).
export const languages = ['typescript', 'python', 'go', 'rust', 'java', 'csharp', 'elixir'] as const
export type Language = (typeof languages)[number]
